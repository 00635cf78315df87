/** Ephemeral resources against the wire; `test/e2e/plugin-values.test.ts` has them under the real Terraform. */
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { pack, unpack, WireClient } from '../../../support/plugin/wire-client';

const world = new World();
const type_name = 'demo_token';
let client: WireClient;

beforeAll(async () => {
  client = await WireClient.connect(thingProvider(world));
  await client.ask('ConfigureProvider', { config: pack({ folder: null }) });
});
afterAll(() => client.close());

const config = (subject: string | null): { msgpack: Uint8Array } => pack({ subject, value: null });

test('a value is opened, renewed and closed; its private state goes with it', async () => {
  const opened = await client.ask('OpenEphemeralResource', { type_name, config: config('dated') });
  expect(unpack(opened.result)).toEqual({ subject: 'dated', value: 'token-of-dated' });
  expect(opened.renew_at).toEqual({ seconds: 1, nanos: 500_000_000 });
  const renewed = await client.ask('RenewEphemeralResource', { type_name, private: opened.private });
  expect(renewed).toMatchObject({ renew_at: { seconds: 2, nanos: 500_000_000 }, diagnostics: [] });
  expect(String(renewed.private)).toBe('{"subject":"dated","renewed":true}');
  await client.ask('CloseEphemeralResource', { type_name, private: renewed.private });
  expect(world.log).toEqual(['open dated', 'renew dated', 'close dated']);
});

test('a value that asks for no renewal has no time of one', async () => {
  const { renew_at } = await client.ask('OpenEphemeralResource', { type_name, config: config('a') });
  expect(renew_at).toBeNull();
});

test('the configuration is checked by the schema', async () => {
  const missing = await client.ask('ValidateEphemeralResourceConfig', { type_name, config: config(null) });
  expect(missing.diagnostics).toMatchObject([{ summary: 'Wrong value of "subject": not set, but required' }]);
  const good = await client.ask('ValidateEphemeralResourceConfig', { type_name, config: config('a') });
  expect(good.diagnostics).toEqual([]);
});
