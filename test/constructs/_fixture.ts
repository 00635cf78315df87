/** A project in a temporary folder: a cell's sources, a stand-in for the built provider, and the files of a stack. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App, Cell, NexusStack, type NexusStackProps, Profile, Swarm, UtcpMesh } from '../../constructs';

export interface Fixture {
  readonly folder: string;
  readonly providerPackage: string;
  readonly helloSource: string;
  app(): App;
  stack(app?: App, props?: NexusStackProps): NexusStack;
  remove(): void;
}

export function createFixture(): Fixture {
  const folder = mkdtempSync(path.join(tmpdir(), 'nexus-constructs-'));
  const helloSource = path.join(folder, 'cells/hello');
  const providerPackage = path.join(folder, 'provider');
  writeTree(helloSource, { 'main.c': 'void cell_main(void) {}\n', 'lib/words.h': '#pragma once\n' });
  writeTree(providerPackage, {
    'terraform-provider-nexus.js': '#!/usr/bin/env node\nprocess.exit(1);\n',
    'terraform-provider-nexus.js.map': '{}\n',
    'kernel/main.c': 'int main;\n',
  });
  const app = () => new App({ outdir: path.join(folder, 'cdktf.out') });
  return {
    folder,
    providerPackage,
    helloSource,
    app,
    stack: (parent = app(), props = {}) => {
      const stateDir = path.join(folder, '.nexus');
      return new NexusStack(parent, 'swarm', { providerPackage, stateDir, ...props });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Parts {
  readonly hello: Cell;
  readonly mesh: UtcpMesh;
  readonly swarm: Swarm;
}

/** The swarm of the example: one cell, one mesh, `nodes` nodes. */
export function addSwarm(stack: NexusStack, source: string, nodes = 2): Parts {
  const hello = new Cell(stack, 'hello', { source, pledges: ['stdio', 'clock', 'mesh'] });
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
  const swarm = new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes });
  return { hello, mesh, swarm };
}

export function writeTree(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
}

/** Every file of a folder by its name, with its text and mode. */
export function readTree(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(
    files.map((name) => {
      const file = path.join(folder, name);
      return [name, `${(statSync(file).mode & 0o777).toString(8)} ${readFileSync(file, 'utf8')}`];
    }),
  );
}

export interface StackJson {
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
  readonly output: Record<string, { readonly value: unknown }>;
  readonly variable: Record<string, Record<string, unknown>>;
  readonly provider: Record<string, readonly Record<string, unknown>[]>;
  readonly terraform: { readonly backend: Record<string, Record<string, unknown>> };
}

/** The Terraform JSON of a synthesized stack. */
export function readStack(fixture: Fixture, name = 'swarm'): StackJson {
  return JSON.parse(readFileSync(path.join(stackFolder(fixture, name), 'cdk.tf.json'), 'utf8'));
}

export function stackFolder(fixture: Fixture, name = 'swarm'): string {
  return path.join(fixture.folder, 'cdktf.out/stacks', name);
}
