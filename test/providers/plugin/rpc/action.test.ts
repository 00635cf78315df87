/** Actions against the wire, as Terraform 1.14 invokes them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UNKNOWN } from '../../../../schema';
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { pack, WireClient } from '../../../support/plugin/wire-client';

const world = new World();
let client: WireClient;

beforeAll(async () => {
  client = await WireClient.connect(thingProvider(world));
  await client.ask('ConfigureProvider', { config: pack({ folder: null }) });
});
afterAll(() => client.close());
beforeEach(() => world.log.splice(0));

const shake = (name: unknown, times = 1, more: object = {}): object => ({
  action_type: 'demo_shake',
  config: pack({ name, times }),
  ...more,
});

test('progress is streamed in order, the end comes last', async () => {
  expect(await client.stream('InvokeAction', shake('a', 3))).toEqual([
    { progress: { message: 'a: 1 of 3' }, completed: null },
    { progress: { message: 'a: 2 of 3' }, completed: null },
    { progress: { message: 'a: 3 of 3' }, completed: null },
    { progress: null, completed: { diagnostics: [] } },
  ]);
  expect(world.log).toEqual(['shook a']);
});

test('progress reaches the client while the action runs, and StopProvider ends it', async () => {
  const stream = client.open('InvokeAction', shake('endless', 1));
  const events = stream[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ progress: { message: 'endless: 1 of 1' } });
  while (!world.log.includes('shaking')) await sleep(5);
  const stopped = client.ask('StopProvider');
  expect((await events.next()).value).toMatchObject({
    completed: { diagnostics: [{ summary: 'Cannot invoke demo_shake: Terraform asked to stop' }] },
  });
  await stopped;
});

test('an action that fails says so in its last event', async () => {
  const events = await client.stream('InvokeAction', shake('fragile'));
  expect(events.at(-1)).toMatchObject({
    completed: { diagnostics: [{ severity: 1, summary: 'Cannot invoke demo_shake: it broke' }] },
  });
  expect(await client.stream('InvokeAction', { action_type: 'demo_other' })).toMatchObject([
    { completed: { diagnostics: [{ summary: expect.stringContaining('Cannot find action type') }] } },
  ]);
});

test('a plan may warn, and be put off while its configuration is unknown', async () => {
  expect(await client.ask('PlanAction', shake('fragile'))).toMatchObject({
    diagnostics: [{ severity: 2, summary: 'It may break' }],
    deferred: null,
  });
  const unknown = shake(UNKNOWN, 1, { client_capabilities: { deferral_allowed: true } });
  expect(await client.ask('PlanAction', unknown)).toMatchObject({ deferred: { reason: 1 }, diagnostics: [] });
});

test('the configuration is checked by the schema and by the action', async () => {
  const validate = (name: unknown, times: number): object => ({
    type_name: 'demo_shake',
    ...shake(name, times),
  });
  expect((await client.ask('ValidateActionConfig', validate(null, 1))).diagnostics).toHaveLength(1);
  expect((await client.ask('ValidateActionConfig', validate('a', 0))).diagnostics).toMatchObject([
    { summary: expect.stringContaining('nothing to do') },
  ]);
});
