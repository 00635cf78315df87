/** The reference pages are those of the schemas, and the real Terraform takes each example. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { definePlugin } from '../../providers/nexus';
import { constructExample, entryFiles, pagesOf, renderConstructIndex } from '../support/construct-reference';
import { pack, WireClient } from '../support/plugin/wire-client';
import { readPublicApi } from '../support/public-api';
import { exampleFile, referenceFolder, renderReference } from '../support/reference';
import { inProjectFolder, runProgram } from '../support/run-program';
import { attachProvider, newEnvironment } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

const definition = definePlugin(newEnvironment());
const api = readPublicApi(Object.values(entryFiles));
const constructPages = pagesOf(api).map(({ name }) => name);
const pages = renderReference(definition, renderConstructIndex(api));
const names = Object.keys(pages)
  .filter((page) => page !== 'README.md')
  .map((page) => basename(page, '.md'));
/** Terraform 1.11 knows neither actions nor lists. */
const isNewer = (name: string): boolean => /^(?:action|list)-/.test(name);

let terraform: Terraform;
beforeAll(async () => {
  terraform = await attachProvider();
});
afterAll(() => terraform.end());

test('every page is as the schemas make it (UPDATE_DOCS=1 writes them), and no other is there', () => {
  if (process.env.UPDATE_DOCS === '1') {
    mkdirSync(referenceFolder, { recursive: true });
    for (const [page, text] of Object.entries(pages)) writeFileSync(join(referenceFolder, page), text);
  }
  const there = readdirSync(referenceFolder).filter((name) => /^(?!construct-).*\.md$/.test(name));
  expect(there.sort()).toEqual(Object.keys(pages).sort());
  for (const [page, text] of Object.entries(pages))
    expect([page, readFileSync(join(referenceFolder, page), 'utf8')]).toEqual([page, text]);
});

test.each(names.filter((name) => !isNewer(name)))(
  'terraform validate takes the example of %s',
  async (name) => {
    terraform.write({
      'main.tf': readFileSync(exampleFile(name), 'utf8'),
      'system-n.kdl':
        'system "n" version=1 {\n profile "tinybox"\n cell "hello" { source "cells/hello"; }\n}\n',
      'mesh-alpha.kdl': 'mesh "alpha" version=1 {\n member "hello"\n}\n',
      ...Object.fromEntries(['n.img', 'record.json', 'record.proof', 'log.pub'].map((file) => [file, 'x'])),
    });
    const { output } = await terraform.run(['validate', '-no-color']);
    rmSync(join(terraform.folder, 'main.tf'));
    expect(output).toContain('Success! The configuration is valid.');
  },
  30_000,
);

test('the examples of actions and lists say what their schemas take', async () => {
  const wire = await WireClient.connect(definition);
  const [verify, reboot, list] = await Promise.all([
    wire.ask('ValidateActionConfig', { type_name: 'nexus_verify', config: pack({ node: 'n-0' }) }),
    wire.ask('ValidateActionConfig', { type_name: 'nexus_reboot', config: pack({ node: 'n-0' }) }),
    wire.ask('ValidateListResourceConfig', {
      type_name: 'nexus_deployment',
      config: pack({ mesh: 'alpha' }),
    }),
  ]);
  wire.close();
  expect([verify.diagnostics, reboot.diagnostics, list.diagnostics]).toEqual([[], [], []]);
  for (const name of names.filter(isNewer)) {
    const text = readFileSync(exampleFile(name), 'utf8');
    expect(text).toMatch(/config \{\n {4}(?:node = "n-0"|mesh = "alpha")\n/);
  }
});

test.each(constructPages.filter((name) => !/-(?:types|testing)$/.test(name)))(
  'terraform validate takes what the example of %s synthesizes',
  async (name) => {
    const text = readFileSync(constructExample(name) ?? '', 'utf8');
    const files = inProjectFolder((folder) => {
      runProgram(text, folder);
      const stack = join(folder, 'cdktf.out/stacks/swarm');
      const written = readdirSync(stack).filter((file) => /^(?:cdk\.tf\.json|.*\.kdl)$/.test(file));
      return Object.fromEntries(written.map((file) => [file, readFileSync(join(stack, file), 'utf8')]));
    });
    terraform.write(files);
    const { output } = await terraform.run(['validate', '-no-color']);
    for (const file of Object.keys(files)) rmSync(join(terraform.folder, file));
    expect(output).toContain('Success! The configuration is valid.');
  },
  30_000,
);
