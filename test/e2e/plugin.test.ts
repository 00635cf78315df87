/**
 * The plugin framework under the real Terraform: first attached to this process, which is fast, then as a bundled
 * executable that Terraform starts itself, with mTLS and signals.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuildOptions, buildSync } from 'esbuild';
import { address, definition, version } from '../support/plugin/file-provider';
import { finished, Terraform } from '../support/terraform';

const root = join(__dirname, '../..');
const flat = (text: string): string => text.replace(/[\s│╵╷]+/g, ' ');

function head(files: string): string {
  return `
terraform {
  required_providers {
    demo = { source = "${address}" }
  }
}
provider "demo" { folder = "${files}" }
`;
}

const file = (body: string, name = 'a'): string => `resource "demo_file" "${name}" {\n${body}\n}\n`;

let files: string;
let terraform: Terraform;
const at = (name: string): string => join(files, name);
const write = (body: string): void => terraform.write({ 'main.tf': head(files) + body });

beforeEach(() => {
  files = mkdtempSync(join(tmpdir(), 'plugin-files-'));
});
afterEach(async () => {
  await terraform.end();
  rmSync(files, { recursive: true, force: true });
});

describe('a provider attached to this process', () => {
  beforeEach(async () => {
    terraform = await Terraform.attached(definition);
  });

  test('creates, plans no difference, updates in place, replaces and destroys', async () => {
    write(file('name = "x"\ncontent = "one"\nlabels = { k = "v" }\ntags = ["b", "a"]\nratio = 0.1'));
    const plan = await terraform.plan();
    const [change] = plan.resource_changes ?? [];
    expect(change?.change.actions).toEqual(['create']);
    expect(change?.change.after_unknown).toMatchObject({ id: true });
    expect(change?.change.after).toMatchObject({ mode: 0o644, digest: expect.stringMatching(/^7692/) });

    await terraform.apply('plan.bin');
    expect(readFileSync(at('x'), 'utf8')).toBe('one');
    expect(await terraform.planActions()).toEqual({});

    write(file('name = "x"\ncontent = "two"\nlabels = { k = "v" }\ntags = ["a", "b"]\nratio = 0.25'));
    expect(await terraform.planActions()).toEqual({ 'demo_file.a': 'update' });
    await terraform.apply();
    expect((await terraform.state())['demo_file.a']?.values).toMatchObject({
      content: 'two',
      id: 'x',
      ratio: 0.25,
    });

    write(file('name = "y"\ncontent = "two"'));
    const replacing = await terraform.plan();
    expect(replacing.resource_changes?.[0]?.change).toMatchObject({
      actions: ['delete', 'create'],
      replace_paths: [['name']],
    });
    await terraform.apply();
    expect(readdirSync(files)).toEqual(['y']);
    await terraform.destroy();
    expect(readdirSync(files)).toEqual([]);
  });

  test('sees what was changed or deleted outside, and not what means the same', async () => {
    write(file('name = "x"\ncontent = "one"'));
    await terraform.apply();
    writeFileSync(at('x'), 'one\n');
    expect(await terraform.planActions()).toEqual({});
    writeFileSync(at('x'), 'changed');
    const plan = await terraform.plan();
    expect(plan.resource_drift?.[0]?.change.after).toMatchObject({ content: 'changed' });
    expect(plan.resource_changes?.[0]?.change.actions).toEqual(['update']);
    rmSync(at('x'));
    expect(await terraform.planActions()).toEqual({ 'demo_file.a': 'create' });
    await terraform.apply();
    expect(await terraform.planActions()).toEqual({});
  });

  test('fills nested attributes: defaults, computed ones in objects and lists, dynamic values', async () => {
    const body =
      'name = "x"\ncontent = "one"\nowner = { name = "me" }\nparts = [{ text = "abc" }, { text = "" }]\n';
    write(file(`${body}anything = { deep = [1, "two", { three = 3.5 }] }`));
    await terraform.apply();
    expect((await terraform.state())['demo_file.a']?.values).toMatchObject({
      owner: { name: 'me', admin: false, id: expect.any(String) },
      parts: [
        { text: 'abc', size: 3 },
        { text: '', size: 0 },
      ],
      anything: { deep: [1, 'two', { three: 3.5 }] },
    });
    expect(await terraform.planActions()).toEqual({});
    write(file(`${body}anything = "text"`).replace('"abc"', '"abcd"'));
    await terraform.apply();
    expect((await terraform.state())['demo_file.a']?.values).toMatchObject({
      parts: [{ size: 4 }, { size: 0 }],
    });
    expect(await terraform.planActions()).toEqual({});
  });

  test('values that are unknown while planning reach apply as known ones', async () => {
    write(
      `resource "terraform_data" "t" { input = "later" }\n${file(
        'name = "x"\ncontent = terraform_data.t.output\nlabels = { k = terraform_data.t.id }\ntags = [terraform_data.t.id]',
      )}output "digest" { value = demo_file.a.digest }`,
    );
    const plan = await terraform.plan();
    const change = plan.resource_changes?.find((one) => one.address === 'demo_file.a')?.change;
    expect(change?.after_unknown).toMatchObject({ content: true, digest: true });
    await terraform.apply();
    expect(readFileSync(at('x'), 'utf8')).toBe('later');
    expect(await terraform.outputs()).toEqual({ digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('a computed value that is never null is known not to be, before it is there', async () => {
    write(`${file('name = "x"\ncontent = "one"')}output "there" { value = demo_file.a.id != null }`);
    expect((await terraform.plan()).output_changes).toMatchObject({
      there: { after: true, after_unknown: false },
    });
  });

  test('an error names the attribute and shows its line, its hint stands below', async () => {
    write(file('name = "UPPER"\ncontent = "one"'));
    const wrong = await terraform.run(['plan', '-no-color']);
    expect(wrong.code).toBe(1);
    expect(flat(wrong.output)).toMatch(
      /Error: Wrong value of "name": "UPPER": expected lower-case letters and dots .* name = "UPPER"/,
    );
    write(file('name = "x"\ncontent = "x"'));
    const same = flat((await terraform.run(['plan', '-no-color'])).output);
    expect(same).toMatch(
      /Error: Cannot use this content: the same as the name .* content = "x" Write something else\./,
    );
    write(file('name = "x"\ncontent = "y"\nparts = [{ text = "a" }, { text = null }]'));
    expect(flat((await terraform.run(['plan', '-no-color'])).output)).toContain('parts');
    writeFileSync(at('x'), '');
    write(file('name = "x"\ncontent = "one"'));
    const taken = flat((await terraform.run(['apply', '-auto-approve', '-no-color'])).output);
    expect(taken).toMatch(/Error: Cannot create ".*\/x": it is there already .* name = "x" Import it\./);
  });

  test('warnings and deprecations are shown, and a number too precise is refused', async () => {
    write(file('name = "x"\ncontent = "warn"\nold = "o"'));
    const output = flat((await terraform.run(['plan', '-no-color'])).output);
    expect(output).toContain('Warning: Odd content');
    expect(output).toMatch(/Warning: .*[Dd]eprecated/);
    write(file('name = "x"\ncontent = "c"\nratio = 0.12345678901234567890123'));
    expect(flat((await terraform.run(['plan', '-no-color'])).output)).toContain('Wrong value of "ratio"');
  });

  test('a create that fails half way leaves what it saved, tainted', async () => {
    write(file('name = "x"\ncontent = "one"\nfail = "disk full"'));
    const failed = await terraform.run(['apply', '-auto-approve', '-no-color']);
    expect(flat(failed.output)).toContain('Error: Cannot create demo_file: disk full');
    expect(flat(failed.output)).not.toContain('inconsistent');
    const saved = (await terraform.state())['demo_file.a'];
    expect(saved).toMatchObject({ tainted: true, values: { id: 'x', digest: expect.any(String) } });
    write(file('name = "x"\ncontent = "one"'));
    expect(await terraform.planActions()).toEqual({ 'demo_file.a': 'delete create' });
    await terraform.apply();
    expect(await terraform.planActions()).toEqual({});
  });

  test('the timeout of an operation fires its signal', async () => {
    write(file('name = "x"\ncontent = "one"\nslow_ms = 15000\ntimeouts = { create = "200ms" }'));
    const output = flat((await terraform.run(['apply', '-auto-approve', '-no-color'])).output);
    expect(output).toContain('create took longer than its limit of 0.2 s');
    write(file('name = "x"\ncontent = "one"\ntimeouts = { create = "soon" }'));
    const wrong = flat((await terraform.run(['plan', '-no-color'])).output);
    expect(wrong).toContain('Wrong value of "timeouts.create": "soon": not a duration');
  });

  test('a change of timeouts alone leaves computed values known', async () => {
    write(file('name = "x"\ncontent = "one"\nowner = { name = "me" }'));
    await terraform.apply();
    write(file('name = "x"\ncontent = "one"\nowner = { name = "me" }\ntimeouts = { create = "1m" }'));
    const [change] = (await terraform.plan()).resource_changes ?? [];
    expect(change?.change.actions).toEqual(['update']);
    expect(change?.change.after_unknown).toEqual({});
    await terraform.apply();
    expect(await terraform.planActions()).toEqual({});
  });

  test('a write-only value reaches the handler and stands in no file', async () => {
    write(file('name = "x"\ncontent = "one"\nsecret_wo = "hush-hush"'));
    await terraform.plan();
    await terraform.apply('plan.bin');
    expect((await terraform.state())['demo_file.a']?.values.secret_wo).toBeNull();
    const state = readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8');
    expect(state).not.toContain('hush-hush');
    expect(Buffer.from(/"private": "(.*)"/.exec(state)?.[1] ?? '', 'base64').toString()).toBe(
      '{"secretLength":9}',
    );
  });

  test('imports by id, refuses an unknown one, and takes over a moved resource', async () => {
    writeFileSync(at('x'), 'old');
    write(file('name = "x"\ncontent = "old"'));
    const refused = await terraform.run(['import', '-no-color', 'demo_file.a', 'nothing']);
    expect(flat(refused.output)).toContain('Cannot import demo_file "nothing": no file "nothing"');
    await terraform.succeed(['import', '-no-color', 'demo_file.a', 'x']);
    expect(await terraform.planActions()).toEqual({});

    writeFileSync(at('y'), 'data');
    write(`${file('name = "x"\ncontent = "old"')}resource "terraform_data" "d" { input = "y" }`);
    await terraform.apply();
    write(
      `${file('name = "x"\ncontent = "old"')}${file('name = "y"\ncontent = "data"', 'd')}` +
        'moved {\n from = terraform_data.d\n to = demo_file.d\n}',
    );
    expect(await terraform.planActions()).toEqual({});
  });

  test('upgrades the state of an older schema, refuses one of a newer', async () => {
    write(file('name = "x"\ncontent = "one"'));
    await terraform.apply();
    const path = join(terraform.folder, 'terraform.tfstate');
    const state = JSON.parse(readFileSync(path, 'utf8'));
    state.resources[0].instances[0].schema_version = 0;
    state.resources[0].instances[0].attributes = { name: 'x', text: 'one', id: 'x', lost: true };
    writeFileSync(path, JSON.stringify(state));
    expect(await terraform.planActions()).toEqual({});
    state.resources[0].instances[0].schema_version = 7;
    writeFileSync(path, JSON.stringify(state));
    expect(flat((await terraform.run(['plan', '-no-color'])).output)).toMatch(/newer provider|newer than/);
  });

  test('data sources are read and functions called, an argument that is wrong is named', async () => {
    writeFileSync(at('x'), '');
    write(
      'data "demo_listing" "l" { name = "x" }\n' +
        'output "there" { value = data.demo_listing.l.exists }\n' +
        'output "joined" { value = provider::demo::join_words(["a", "b"], "-") }',
    );
    await terraform.apply();
    expect(await terraform.outputs()).toEqual({ there: true, joined: 'a-b' });
    write('output "joined" { value = provider::demo::join_words([], "----") }');
    const output = flat((await terraform.run(['plan', '-no-color'])).output);
    expect(output).toMatch(/Invalid value for "separator" parameter: .*its length is 4/);
  });
});

describe('a provider that Terraform starts', () => {
  const build = mkdtempSync(join(tmpdir(), 'plugin-build-'));
  const executable = join(build, 'provider.js');

  const bundling: BuildOptions = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'error',
  };

  beforeAll(() => {
    buildSync({ ...bundling, entryPoints: [join(root, 'test/support/plugin/main.ts')], outfile: executable });
  });
  afterAll(() => rmSync(build, { recursive: true, force: true }));
  beforeEach(async () => {
    terraform = await Terraform.installed(address, version, executable);
  });

  /** Processes of the provider in this test's folder. */
  function providers(): number[] {
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return processes.filter(isProvider).map(Number);
  }

  function isProvider(pid: string): boolean {
    try {
      const isHere = readlinkSync(`/proc/${pid}/cwd`) === terraform.folder;
      return isHere && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'terraform';
    } catch {
      return false;
    }
  }

  async function until(condition: () => boolean, what: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 50) {
      if (condition()) return;
      await sleep(50);
    }
    throw new Error(`not within 15 s: ${what}`);
  }

  test('is found in terraform.d/plugins, plans and applies over mTLS, and leaves no process or socket', async () => {
    terraform.write({ 'tmp/.keep': '' });
    const environment = { TF_LOG: 'trace', TMPDIR: join(terraform.folder, 'tmp') };
    write(file('name = "x"\ncontent = "one"'));
    await terraform.init();
    const applied = await terraform.succeed(['apply', '-auto-approve', '-no-color'], environment);
    expect(existsSync(at('x'))).toBe(true);
    expect(applied.stderr).toMatch(
      /\[DEBUG\] provider\.terraform-provider-demo.*: provider started: .*version=0\.0\.1/,
    );
    expect(applied.stderr).toContain('chatter on standard output');
    expect(applied.stderr).not.toContain('panic');
    expect(await terraform.planActions()).toEqual({});
    expect(providers()).toEqual([]);
    expect(readdirSync(join(terraform.folder, 'tmp')).filter((name) => name.startsWith('plugin-'))).toEqual(
      [],
    );
  });

  test('interrupted during apply, returns what it has done', async () => {
    write(file('name = "x"\ncontent = "one"\nslow_ms = 15000'));
    await terraform.init();
    const child = terraform.start(['apply', '-auto-approve', '-no-color']);
    const run = finished(child);
    await until(() => existsSync(at('x')), 'the file');
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const { code, output } = await run;
    expect(code).toBe(1);
    expect(flat(output)).toContain('Terraform asked to stop');
    expect(output).not.toContain('did not respond');
    expect((await terraform.state())['demo_file.a']).toMatchObject({ tainted: true, values: { id: 'x' } });
    expect(providers()).toEqual([]);
  });

  test('does not outlive a Terraform that was killed', async () => {
    write(file('name = "x"\ncontent = "one"\nslow_ms = 15000'));
    await terraform.init();
    const child = terraform.start(['apply', '-auto-approve', '-no-color']);
    const run = finished(child);
    await until(() => existsSync(at('x')), 'the file');
    expect(providers().length).toBeGreaterThan(0);
    process.kill(child.pid ?? 0, 'SIGKILL');
    await until(() => providers().length === 0, 'the end of the provider');
    await run;
  });

  test('does not outlive a Terraform that died before the handshake', async () => {
    const TF_PLUGIN_MAGIC_COOKIE = 'd602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2';
    const orphan = spawn(process.execPath, [executable], { env: { ...process.env, TF_PLUGIN_MAGIC_COOKIE } });
    orphan.stdout.destroy();
    expect((await finished(orphan)).code).toBe(1);
  });

  test('started by hand says what it is', async () => {
    const { code, stderr } = await finished(spawn(process.execPath, [executable]));
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${address} is a Terraform provider: it is started by Terraform and not by hand.`,
    );
  });

  test('the provider of docs/plugin.md does what the page says', async () => {
    const page = readFileSync(join(root, 'docs/plugin.md'), 'utf8');
    const contents = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const example = join(build, 'example.js');
    const stdin = { contents, loader: 'ts', resolveDir: join(root, 'providers/nexus') } as const;
    buildSync({ ...bundling, stdin, outfile: example });
    await terraform.end();
    terraform = await Terraform.installed('example.internal/test/demo', '0.0.1', example);
    const main = head(files).replace(address, 'example.internal/test/demo');
    const draft = 'ephemeral "demo_draft" "d" { words = "some" }\n';
    terraform.write({ 'main.tf': `${main}${draft}resource "demo_note" "n" { name = "x" }` });
    await terraform.init();
    await terraform.apply();
    expect(readFileSync(at('x'), 'utf8')).toBe('empty');
    expect(await terraform.planActions()).toEqual({});
    writeFileSync(at('x'), 'changed');
    expect(await terraform.planActions()).toEqual({ 'demo_note.n': 'update' });
    await terraform.destroy();
    expect(readdirSync(files)).toEqual([]);
  });
});
