/** Blocks, write-only and ephemeral values, and variadic functions of the plugin framework under the real Terraform. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { thingProvider, World } from '../support/plugin/thing-provider';
import { Terraform } from '../support/terraform';

const flat = (text: string): string => text.replace(/[\s│╵╷]+/g, ' ');
const head = `
terraform {
  required_providers {
    demo = { source = "factory.nexus.internal/test/demo" }
  }
}
`;
const thing = (body: string, name = 'a'): string =>
  `resource "demo_thing" "${name}" {\n  name = "${name}"\n${body}\n}\n`;

let terraform: Terraform;
let world: World;
const write = (body: string): void => terraform.write({ 'main.tf': head + body });
const failure = async (...args: string[]): Promise<string> =>
  flat((await terraform.run([...args, '-no-color'])).output);

beforeEach(async () => {
  world = new World();
  terraform = await Terraform.attached(thingProvider(world));
});
afterEach(() => terraform.end());

describe('nested blocks', () => {
  const blocks = `
  owner { name = "me" }
  rule {
    port = 80
    match { text = "one" }
    match { text = "two" }
  }
  rule { port = 443 }
  tag { key = "b" }
  tag {
    key   = "a"
    value = "no"
  }
  peer "n1" { key = "k" }
`;

  test('of every nesting are planned, filled with defaults and computed values, and no difference afterwards', async () => {
    write(thing(blocks));
    await terraform.apply();
    expect((await terraform.state())['demo_thing.a']?.values).toMatchObject({
      owner: { name: 'me', admin: false },
      rule: [
        { port: 80, hits: 0, match: [{ text: 'one' }, { text: 'two' }] },
        { port: 443, hits: 3, match: [] },
      ],
      tag: [
        { key: 'a', value: 'no' },
        { key: 'b', value: 'yes' },
      ],
      peer: { n1: { key: 'k' } },
    });
    expect(await terraform.planActions()).toEqual({});
    write(thing(blocks.replace('port = 443', 'port = 444')));
    await terraform.apply();
    expect((await terraform.state())['demo_thing.a']?.values).toMatchObject({
      rule: [{ hits: 0 }, { port: 444, hits: 4 }],
    });
    expect(await terraform.planActions()).toEqual({});
  });

  test('left out are empty lists, and a missing single one is null', async () => {
    write(thing(''));
    await terraform.apply();
    expect((await terraform.state())['demo_thing.a']?.values).toMatchObject({
      owner: null,
      rule: [],
      tag: [],
      peer: {},
    });
    expect(await terraform.planActions()).toEqual({});
  });

  test('may be of a number that is known only during apply', async () => {
    write(
      'resource "terraform_data" "ports" { input = [80, 443] }\n' +
        thing('dynamic "rule" {\n for_each = terraform_data.ports.output\n content { port = rule.value }\n}'),
    );
    await terraform.apply();
    expect((await terraform.state())['demo_thing.a']?.values).toMatchObject({
      rule: [{ hits: 0 }, { hits: 3 }],
    });
  });

  test('of a wrong number or content are refused', async () => {
    write(thing('rule { port = 1 }\n'.repeat(4)));
    expect(await failure('plan')).toMatch(/Too many rule blocks|No more than 3 "rule" blocks/);
    write(thing(['x', 'y', 'z'].map((name) => `peer "${name}" { key = "k" }\n`).join('')));
    expect(await failure('plan')).toMatch(/Wrong value of "peer": 3 blocks .* There must be at most 2\./);
    write(thing('owner { admin = true }'));
    expect(await failure('plan')).toContain('"name" is required');
  });
});

describe('write-only values', () => {
  test('reach create, and update when their version is raised; they stand in no file', async () => {
    const body = (password: string, at: number): string =>
      `  password_wo = "${password}"\n  password_wo_version = ${at}`;
    write(thing(body('hush-hush', 1)));
    await terraform.plan();
    await terraform.apply('plan.bin');
    expect(world.things.get('a')?.passwordLength).toBe(9);
    write(thing(body('changed-hush', 1)));
    expect(await terraform.planActions()).toEqual({});
    write(thing(body('changed-hush', 2)));
    expect(await terraform.planActions()).toEqual({ 'demo_thing.a': 'update' });
    await terraform.apply('plan.bin');
    expect(world.things.get('a')?.passwordLength).toBe(12);
    for (const name of ['terraform.tfstate', 'terraform.tfstate.backup', 'plan.bin'])
      expect(readFileSync(join(terraform.folder, name)).includes('hush')).toBe(false);
  });

  test('take what an ephemeral resource opened', async () => {
    write(
      'ephemeral "demo_token" "t" { subject = "secret" }\n' +
        thing('  password_wo = ephemeral.demo_token.t.value\n  password_wo_version = 1'),
    );
    await terraform.apply();
    expect(world.things.get('a')?.passwordLength).toBe('token-of-secret'.length);
    expect(world.log.filter((line) => line === 'open secret').length).toBeGreaterThanOrEqual(1);
    expect(world.log.at(-1)).toBe('close secret');
    const files = readdirSync(terraform.folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { name } of files)
      expect(readFileSync(join(terraform.folder, name), 'utf8')).not.toContain('token-of-');
  });
});

describe('ephemeral resources', () => {
  test('that ask for it are renewed while they are needed', async () => {
    write(
      'ephemeral "demo_token" "t" { subject = "short" }\n' +
        'resource "terraform_data" "slow" {\n provisioner "local-exec" {\n  command = "sleep 0.5; test -n \\"$TOKEN\\""\n' +
        '  environment = { TOKEN = ephemeral.demo_token.t.value }\n }\n}',
    );
    await terraform.apply();
    expect(world.log).toContain('renew short');
    expect(world.log.at(-1)).toBe('close short');
  });

  test('with a wrong configuration are refused with the line', async () => {
    write('ephemeral "demo_token" "t" { subject = "" }');
    expect(await failure('plan')).toMatch(/Wrong value of "subject": "": its length is 0.*subject = ""/);
  });
});

test('a variadic function takes any number of arguments, and names the one that is wrong', async () => {
  write(
    'output "none" { value = provider::demo::join_all("-") }\n' +
      'output "three" { value = provider::demo::join_all("-", "a", "b", "c") }',
  );
  await terraform.apply();
  expect(await terraform.outputs()).toEqual({ none: '', three: 'a-b-c' });
  write('output "wrong" { value = provider::demo::join_all("-", "a", "too long") }');
  expect(await failure('plan')).toMatch(/Invalid value for "words" parameter: .*its length is 8/);
});

test('a Terraform that knows no identities, lists and actions does without', async () => {
  write(thing(''));
  await terraform.apply();
  const schema = JSON.parse((await terraform.succeed(['providers', 'schema', '-json'])).stdout);
  const provider = schema.provider_schemas['factory.nexus.internal/test/demo'];
  expect(Object.keys(provider.resource_schemas.demo_thing.block.block_types)).toEqual([
    'owner',
    'peer',
    'rule',
    'tag',
  ]);
});
