/** GenerateResourceConfig against the wire: what a user would have to write to get this state. */
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { pack, unpack, WireClient } from '../../../support/plugin/wire-client';

let client: WireClient;
beforeAll(async () => {
  client = await WireClient.connect(thingProvider(new World()));
});
afterAll(() => client.close());

const state = {
  name: 'a',
  zone: 'north',
  text: 'other than the default',
  password_wo: null,
  password_wo_version: 2,
  old: 'value',
  id: 'north/a',
  owner: { name: 'me', admin: false },
  rule: [{ port: 80, hits: 3, match: [{ text: 'x' }] }],
  tag: [],
  peer: { p: { key: 'k' } },
  timeouts: { create: null, read: null, update: null, delete: null },
};

test('has what the user could have set: nothing computed, deprecated, empty, or as the default says', async () => {
  const answer = await client.ask('GenerateResourceConfig', { type_name: 'demo_thing', state: pack(state) });
  expect(answer.diagnostics).toEqual([]);
  expect(unpack(answer.config)).toEqual({
    ...state,
    zone: null,
    old: null,
    id: null,
    owner: { name: 'me', admin: null },
    rule: [{ port: 80, hits: null, match: [{ text: 'x' }] }],
    timeouts: null,
  });
});

test('without a state there is nothing to generate', async () => {
  const answer = await client.ask('GenerateResourceConfig', { type_name: 'demo_thing', state: pack(null) });
  expect(answer.diagnostics).toMatchObject([
    { summary: expect.stringContaining('there is no state to make it from') },
  ]);
});

test('Terraform is told that it can ask', async () => {
  expect(await client.ask('GetMetadata')).toMatchObject({
    server_capabilities: { generate_resource_config: true },
    resources: [{ type_name: 'demo_thing' }],
    ephemeral_resources: [{ type_name: 'demo_token' }],
    list_resources: [{ type_name: 'demo_thing' }],
    actions: [{ type_name: 'demo_shake' }],
  });
});
