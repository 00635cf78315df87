/**
 * What Terraform 1.11 does not ask for yet: identity, the list of deployments and actions, against the wire, over a
 * node that runs. And the ephemeral key, which it does know.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin } from '../../providers/nexus';
import { pack, packIdentity, unpack, unpackIdentity, WireClient } from '../support/plugin/wire-client';
import { attachSwarm, endSwarm, newEnvironment, pidOf } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
let wire: WireClient;

beforeAll(async () => {
  terraform = await attachSwarm({ nodes: ['n-0'] });
  terraform.write({ 'key.tf': 'ephemeral "nexus_signing_key" "k" {\n  name = "release.example"\n}\n' });
  await terraform.apply();
  wire = await WireClient.connect(definePlugin(newEnvironment()));
  await wire.ask('ConfigureProvider', { config: pack({ state_dir: join(terraform.folder, '.nexus') }) });
}, 120_000);
afterAll(async () => {
  wire.close();
  await endSwarm(terraform);
}, 60_000);

test('the ephemeral key is opened by the real Terraform, and stands neither in state nor in plan', async () => {
  const { output } = await terraform.succeed(['plan', '-no-color', '-input=false', '-out=plan.bin']);
  expect(output).toContain('ephemeral.nexus_signing_key.k: Opening complete');
  const shown = await terraform.succeed(['show', '-json', 'plan.bin']);
  const state = readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8');
  for (const text of [shown.stdout, state]) expect(text).not.toMatch(/PRIVATE KEY|release\.example\+/);
  const request = {
    type_name: 'nexus_signing_key',
    config: pack({ name: 'k', private_key_pem: null, public_key: null, verifier_key: null }),
  };
  const [first, second] = [
    await wire.ask('OpenEphemeralResource', request),
    await wire.ask('OpenEphemeralResource', request),
  ];
  expect(unpack(first.result)).toMatchObject({
    private_key_pem: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----\n/),
    verifier_key: expect.stringMatching(/^k\+[0-9a-f]{8}\+/),
  });
  expect(unpack(second.result)).not.toEqual(unpack(first.result));
}, 30_000);

test('deployments are listed with identity and state, narrowed to a mesh', async () => {
  const list = (mesh: string | null): Promise<readonly object[]> =>
    wire.stream('ListResource', {
      type_name: 'nexus_deployment',
      config: pack({ mesh }),
      include_resource_object: true,
      limit: 10,
    });
  const [found, ...more] = (await list('alpha')) as readonly Readonly<Record<string, unknown>>[];
  expect(more).toEqual([]);
  expect(unpackIdentity(found?.identity)).toEqual({ node: 'n-0' });
  const { 'nexus_deployment.n-0': deployed } = await terraform.state();
  expect(unpack(found?.resource_object)).toEqual(deployed?.values);
  expect(await list('beta')).toEqual([]);
}, 30_000);

test.each([
  ['nexus_deployment', { node: 'n-0' }, 'nexus_deployment.n-0'],
  ['nexus_cell', { name: 'hello' }, 'nexus_cell.hello'],
  ['nexus_image', { name: 'n' }, 'nexus_image.n'],
  ['nexus_mesh', { name: 'alpha' }, 'nexus_mesh.alpha'],
  ['nexus_release', { name: 'swarm' }, 'nexus_release.r'],
])('%s is imported by its identity %j', async (type_name, identity, address) => {
  const answer = await wire.ask('ImportResourceState', {
    type_name,
    id: '',
    identity: packIdentity(identity),
  });
  expect(answer.diagnostics).toEqual([]);
  const [imported] = answer.imported_resources as readonly Readonly<Record<string, unknown>>[];
  expect(unpackIdentity(imported?.identity)).toEqual(identity);
  const state = await terraform.state();
  const known = Object.entries(unpack(imported?.state) as object).filter(([, value]) => value !== null);
  // The system names the source from its own folder; this test's provider works in another one.
  const expected =
    type_name === 'nexus_cell'
      ? { ...state[address]?.values, source: 'cells/hello' }
      : state[address]?.values;
  expect(expected).toMatchObject(Object.fromEntries(known));
});

test('verify tells each check, reboot starts the node again, and the next plan is empty', async () => {
  const invoke = (action_type: string, node: string): Promise<readonly object[]> =>
    wire.stream('InvokeAction', { action_type, config: pack({ node }) });
  const before = pidOf(terraform, 'n-0');
  const verified = JSON.stringify(await invoke('nexus_verify', 'n-0'));
  expect(verified).toContain('holds  signature');
  expect(verified).not.toContain('FAILS');
  expect((await invoke('nexus_reboot', 'n-0')).at(-1)).toMatchObject({ completed: { diagnostics: [] } });
  expect(pidOf(terraform, 'n-0')).not.toBe(before);
  expect(await terraform.planActions()).toEqual({});
  process.kill(pidOf(terraform, 'n-0'), 'SIGKILL');
  const dead = await invoke('nexus_verify', 'n-0');
  expect(JSON.stringify(dead.at(-1))).toContain('Cannot verify node \\"n-0\\": dead');
  const unknown = await invoke('nexus_reboot', 'n-9');
  expect(JSON.stringify(unknown.at(-1))).toContain('it is not deployed here');
}, 60_000);
