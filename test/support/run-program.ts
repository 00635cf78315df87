/** Runs the text of a program that imports this package, against the sources. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformSync } from '@swc/core';
import * as nexusFactory from '../../constructs';
import * as testing from '../../testing';
import { writeTree } from '../constructs/_fixture';

/** Does something in a folder with the sources of a cell and a stand-in for the built provider, which a unit test does not have. */
export function inProjectFolder<R>(action: (folder: string) => R): R {
  const folder = mkdtempSync(path.join(tmpdir(), 'nexus-docs-'));
  const start = process.cwd();
  try {
    writeTree(folder, { 'cells/hello/main.c': '', 'provider/terraform-provider-nexus.js': '' });
    process.chdir(folder);
    return action(folder);
  } finally {
    process.chdir(start);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program as one that stands in that folder. */
export function runProgram(source: string, folder: string): void {
  class StackWithStandIn extends nexusFactory.NexusStack {
    constructor(app: nexusFactory.App, id: string, props: nexusFactory.NexusStackProps = {}) {
      super(app, id, { providerPackage: path.join(folder, 'provider'), ...props });
    }
  }
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const nodeRequire = createRequire(__filename);
  const own: Readonly<Record<string, () => unknown>> = {
    'nexus-factory': () => ({ ...nexusFactory, NexusStack: StackWithStandIn }),
    'nexus-factory/testing': () => testing,
    'nexus-factory/testing/jest': () => require('../../testing/jest'),
    cdktf: () => require('cdktf'),
  };
  const mapped = (name: string): unknown => (own[name] ?? (() => nodeRequire(name)))();
  new Function('require', 'exports', '__dirname', code)(mapped, {}, folder);
}
