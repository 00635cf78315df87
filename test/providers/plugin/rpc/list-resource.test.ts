/** List resources against the wire, as Terraform 1.14 asks for them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { pack, unpack, unpackIdentity, WireClient } from '../../../support/plugin/wire-client';

const world = new World();
const type_name = 'demo_thing';
let client: WireClient;

beforeAll(async () => {
  client = await WireClient.connect(thingProvider(world));
  await client.ask('ConfigureProvider', { config: pack({ folder: null }) });
  for (const [name, zone] of [
    ['a', 'north'],
    ['b', 'south'],
    ['c', 'north'],
  ] as const)
    world.things.set(name, { zone, text: `text of ${name}`, passwordLength: -1 });
});
afterAll(() => client.close());
beforeEach(() => world.log.splice(0));

const list = (zone: string | null, more: object = {}): object => ({
  type_name,
  config: pack({ zone }),
  ...more,
});

test('each thing found is an event with its name and identity', async () => {
  const events = await client.stream('ListResource', list('north'));
  expect(events).toMatchObject([{ display_name: 'Thing a' }, { display_name: 'Thing c' }]);
  expect(events.map(({ identity }) => unpackIdentity(identity))).toEqual([
    { zone: 'north', name: 'a' },
    { zone: 'north', name: 'c' },
  ]);
  expect(events.every(({ resource_object }) => resource_object === null)).toBe(true);
});

test('the whole resource comes where it is asked for', async () => {
  const [first] = await client.stream('ListResource', list(null, { include_resource_object: true }));
  expect(unpack(first?.resource_object)).toMatchObject({ name: 'a', text: 'text of a', id: 'north/a' });
});

test('the limit ends the search, and not only its answer', async () => {
  expect(await client.stream('ListResource', list(null, { limit: 2 }))).toHaveLength(2);
  expect(world.log).toEqual(['found a', 'found b', 'list ended']);
});

test('what was found before a failure is kept; the failure is the last event', async () => {
  world.things.set('d', { zone: 'broken', text: '', passwordLength: -1 });
  const events = await client.stream('ListResource', list('broken'));
  world.things.delete('d');
  expect(events).toMatchObject([
    { display_name: 'Thing d' },
    { diagnostic: [{ summary: 'Cannot list demo_thing: the zone does not answer' }] },
  ]);
});

test('a type that is not there, and a wrong search, are diagnostics', async () => {
  expect(await client.stream('ListResource', { type_name: 'demo_other' })).toMatchObject([
    {
      diagnostic: [{ summary: 'Cannot find list resource type "demo_other": the provider has demo_thing' }],
    },
  ]);
  const wrong = await client.ask('ValidateListResourceConfig', list('a zone too long'));
  expect(wrong.diagnostics).toMatchObject([
    { summary: 'Wrong value of "zone": "a zone too long": its length is 15, expected 1 to 10' },
  ]);
});

test('a client that cancels ends the search', async () => {
  const stream = client.open('ListResource', list('endless'));
  for await (const event of stream) {
    expect(event).toMatchObject({ display_name: 'x'.repeat(1000) });
    break;
  }
  stream.cancel();
  while (!world.log.includes('list ended')) await sleep(5);
});
