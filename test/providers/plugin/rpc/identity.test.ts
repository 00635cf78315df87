/** Resource identity against the wire, as Terraform 1.12 and later asks for it. */
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import {
  type Answer,
  pack,
  packIdentity,
  packStored,
  unpack,
  unpackIdentity,
  WireClient,
} from '../../../support/plugin/wire-client';

const world = new World();
let client: WireClient;
const type_name = 'demo_thing';
const identity = { zone: 'north', name: 'a' };
const state = {
  name: 'a',
  zone: 'north',
  text: '',
  password_wo: null,
  password_wo_version: null,
  old: null,
  id: 'north/a',
  owner: null,
  rule: [],
  tag: [],
  peer: {},
  timeouts: null,
};

beforeAll(async () => {
  client = await WireClient.connect(thingProvider(world));
  await client.ask('ConfigureProvider', { config: pack({ folder: null }) });
  world.things.set('a', { zone: 'north', text: '', passwordLength: -1 });
});
afterAll(() => client.close());

const change = (prior: object | null, next: object | null): object => ({
  type_name,
  prior_state: pack(prior),
  proposed_new_state: pack(next),
  planned_state: pack(next),
  config: pack(next),
});

test('the schemas of identities say what an import must give and may give', async () => {
  const { identity_schemas } = await client.ask('GetResourceIdentitySchemas');
  expect(identity_schemas).toMatchObject({
    demo_thing: {
      version: 1,
      identity_attributes: [
        { name: 'zone', required_for_import: false, optional_for_import: true },
        { name: 'name', required_for_import: true, optional_for_import: false },
      ],
    },
  });
});

test('a plan to create has no identity yet, a plan to update that of before', async () => {
  const created = await client.ask('PlanResourceChange', change(null, { ...state, id: null }));
  expect(created.planned_identity).toBeNull();
  const request = { ...change(state, { ...state, text: 'new' }), prior_identity: packIdentity(identity) };
  const updated = await client.ask('PlanResourceChange', request);
  expect(unpackIdentity(updated.planned_identity)).toEqual(identity);
});

test('create, read, and a state stored before there were identities give one', async () => {
  const created = await client.ask('ApplyResourceChange', change(null, state));
  expect(unpackIdentity(created.new_identity)).toEqual(identity);
  const read = await client.ask('ReadResource', { type_name, current_state: pack(state) });
  expect(unpackIdentity(read.new_identity)).toEqual(identity);
});

test('a create that fails half way has the identity of what it saved; a delete has none', async () => {
  const failed = await client.ask('ApplyResourceChange', change(null, { ...state, text: 'half way' }));
  expect(failed.diagnostics).toHaveLength(1);
  expect(unpackIdentity(failed.new_identity)).toEqual(identity);
  const gone = change({ ...state, name: 'x' }, null);
  expect((await client.ask('ApplyResourceChange', gone)).new_identity).toBeNull();
});

test('an identity that changes while the resource lives is refused', async () => {
  world.things.set('a', { zone: 'south', text: '', passwordLength: -1 });
  const request = { type_name, current_state: pack(state), current_identity: packIdentity(identity) };
  expect((await client.ask('ReadResource', request)).diagnostics).toMatchObject([
    { severity: 1, summary: 'Cannot change the identity of demo_thing: it is another than before' },
  ]);
  world.things.set('a', { zone: 'north', text: '', passwordLength: -1 });
});

test('imports by identity, whole or with only what must be given, and still by id', async () => {
  const imported = async (request: object): Promise<Answer> => {
    const answer = await client.ask('ImportResourceState', { type_name, ...request });
    expect(answer.diagnostics).toEqual([]);
    const [one] = answer.imported_resources as Answer[];
    return one ?? {};
  };
  const whole = await imported({ identity: packIdentity({ zone: 'south', name: 'b' }) });
  expect(unpack(whole.state)).toMatchObject({ name: 'b', zone: 'south', text: '', rule: [], peer: {} });
  expect(unpackIdentity(whole.identity)).toEqual({ zone: 'south', name: 'b' });
  const byId = await imported({ id: 'c' });
  expect(unpackIdentity(byId.identity)).toEqual({ zone: 'north', name: 'c' });
  const short = await client.ask('ImportResourceState', {
    type_name,
    identity: packIdentity({ zone: null, name: 'b' }),
  });
  expect(short).toMatchObject({ imported_resources: [{ type_name }], diagnostics: [] });
});

test('upgrades a stored identity step by step, refuses one of a newer provider', async () => {
  const old = { type_name, version: 0, raw_identity: packStored({ label: 'a' }) };
  const { upgraded_identity } = await client.ask('UpgradeResourceIdentity', old);
  expect(unpackIdentity(upgraded_identity)).toEqual(identity);
  const newer = await client.ask('UpgradeResourceIdentity', { ...old, version: 2 });
  expect(newer.diagnostics).toMatchObject([
    {
      summary:
        'Cannot upgrade the identity of demo_thing: version 2 was written by a newer provider, this one knows up to 1',
    },
  ]);
});

test('a move hands over the identity of the source, and gives one to the target', async () => {
  const moved = await client.ask('MoveResourceState', {
    source_provider_address: 'host/ns/other',
    source_type_name: 'other_thing',
    source_state: packStored({}),
    source_identity: packStored({ name: 'm' }),
    source_identity_schema_version: 4,
    target_type_name: type_name,
  });
  expect(moved.diagnostics).toEqual([]);
  expect(unpack(moved.target_state)).toMatchObject({ name: 'm-4', zone: 'north' });
  expect(unpackIdentity(moved.target_identity)).toEqual({ zone: 'north', name: 'm-4' });
});
