/**
 * The real `cdktf` and the real Terraform over a synthesized stack, offline and without a flag: the provider is found
 * in the stack's folder, and the lock file is the one that Terraform would have written.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { terraformPlatform } from '../../constructs/synth';
import { writeTree } from '../constructs/_fixture';

const root = path.join(__dirname, '../..');
const example = path.join(root, 'examples/tinybox-swarm');
const standIn = {
  'terraform-provider-nexus.js': '#!/usr/bin/env node\nprocess.exit(1);\n',
  'kernel/main.c': '',
};

let folder: string;
let stack: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nexus-synth-'));
  stack = path.join(folder, 'cdktf.out/stacks/swarm');
  cpSync(path.join(example, 'cdktf.json'), path.join(folder, 'cdktf.json'));
  cpSync(path.join(example, 'main.ts'), path.join(folder, 'main.ts'));
  writeTree(path.join(folder, 'cells/hello'), { 'main.c': 'void cell_main(void) {}\n' });
  installPackages();
  writeRecorder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** This checkout as the package of a user's project, with a stand-in for the provider; beside it the CDK. */
function installPackages(): void {
  const modules = path.join(folder, 'node_modules');
  const bundle = path.join(modules, 'nexus-factory/dist/index.js');
  buildSync({
    absWorkingDir: root,
    entryPoints: ['constructs/index.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    external: ['cdktf', 'constructs'],
  });
  writeTree(path.join(modules, 'nexus-factory'), { 'package.json': '{ "main": "dist/index.js" }' });
  writeTree(path.join(path.dirname(bundle), 'provider'), standIn);
  for (const name of ['cdktf', 'constructs', 'tsx'])
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  mkdirSync(path.join(modules, '.bin'));
  symlinkSync(path.join(root, 'node_modules/.bin/tsx'), path.join(modules, '.bin/tsx'));
}

const calls = () => path.join(folder, 'calls.txt');

/** A `terraform` that notes how it was called. */
function writeRecorder(): void {
  const recorder = path.join(folder, 'terraform');
  const real = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  writeFileSync(recorder, `#!/bin/sh\necho "$*" >> '${calls()}'\nexec ${real} "$@"\n`);
  chmodSync(recorder, 0o755);
}

interface Run {
  readonly status: number | null;
  readonly output: string;
}

function run(cwd: string, command: string, ...args: readonly string[]): Run {
  const { TF_CLI_CONFIG_FILE: _, ...clean } = process.env;
  const env = {
    ...clean,
    CI: '1',
    CHECKPOINT_DISABLE: '1',
    TERRAFORM_BINARY_NAME: path.join(folder, 'terraform'),
  };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const cdktf = (...args: readonly string[]) =>
  run(folder, path.join(root, 'node_modules/.bin/cdktf'), ...args);
const lockFile = () => readFileSync(path.join(stack, '.terraform.lock.hcl'), 'utf8');

test('cdktf synth of the example writes the whole folder', () => {
  const { status, output } = cdktf('synth');
  expect({ status, output }).toMatchObject({ status: 0 });
  const plugin = `factory.nexus.internal/nexus/nexus/0.1.0/${terraformPlatform()}/terraform-provider-nexus_v0.1.0`;
  const files = [
    'cdk.tf.json',
    'system-n.kdl',
    'mesh-alpha.kdl',
    'cells/hello/main.c',
    `terraform.d/plugins/${plugin}`,
  ];
  expect(files.filter((file) => !existsSync(path.join(stack, file)))).toEqual([]);
});

test('terraform init works offline and finds nothing to change in the lock file, twice', () => {
  const written = lockFile();
  for (const _ of [1, 2]) {
    const { status, output } = run(
      stack,
      path.join(folder, 'terraform'),
      'init',
      '-input=false',
      '-no-color',
    );
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(lockFile()).toBe(written);
  }
});

test('without our lock file Terraform writes the same bytes', () => {
  const written = lockFile();
  rmSync(path.join(stack, '.terraform.lock.hcl'));
  expect(run(stack, path.join(folder, 'terraform'), 'init', '-input=false', '-no-color').status).toBe(0);
  expect(lockFile()).toBe(written);
});

test('the synth leaves alone what others put into the stack folder', () => {
  writeTree(stack, { 'nexus.auto.tfvars.json': '{"release":""}\n' });
  expect(cdktf('synth').status).toBe(0);
  expect(readFileSync(path.join(stack, 'nexus.auto.tfvars.json'), 'utf8')).toBe('{"release":""}\n');
  expect(existsSync(path.join(stack, '.terraform'))).toBe(true);
});

test("the CDK's own commands ask no registry, also with another provider that is not locked yet", () => {
  const program = readFileSync(path.join(folder, 'main.ts'), 'utf8');
  const other = `new (class extends TerraformProvider {
  constructor() {
    const source = 'example.test/space/other';
    super(stack, 'other', { terraformResourceType: 'other', terraformProviderSource: source,
      terraformGeneratorMetadata: { providerName: 'other', providerVersion: '1.0.0' } });
  }
})();
app.synth();`;
  const text = `import { TerraformProvider } from 'cdktf';\n${program.replace('app.synth();', other)}`;
  writeFileSync(path.join(folder, 'main.ts'), text);
  const plugin = `terraform.d/plugins/example.test/space/other/1.0.0/${terraformPlatform()}/terraform-provider-other_v1.0.0`;
  writeTree(stack, { [plugin]: '#!/bin/sh\nexit 1\n' });
  chmodSync(path.join(stack, plugin), 0o755);
  rmSync(calls(), { force: true });
  const { output } = cdktf('diff');
  // The stand-in is no provider, so the plan ends there: after init, and without a call of the registries.
  expect(output).toContain('Failed to load plugin schemas');
  const called = readFileSync(calls(), 'utf8');
  expect(called).toMatch(/^init/m);
  expect(called).toMatch(/^plan/m);
  expect(called).not.toMatch(/^providers lock/m);
  expect(lockFile()).toContain('provider "example.test/space/other" {\n  version     = "1.0.0"');
});
