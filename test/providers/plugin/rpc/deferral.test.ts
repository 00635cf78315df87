/** Deferral against the wire: Terraform allows it where it was started with `-allow-deferral`. */
import { isUnknown, UNKNOWN } from '../../../../schema';
import { thingProvider, World } from '../../../support/plugin/thing-provider';
import { type Answer, pack, packIdentity, unpack, WireClient } from '../../../support/plugin/wire-client';

const client_capabilities = { deferral_allowed: true };
const later = { zone: 'north', text: '', rule: [], tag: [], peer: {}, name: 'later' };
const creation = {
  type_name: 'demo_thing',
  prior_state: pack(null),
  proposed_new_state: pack(later),
  config: pack(later),
};
const clients: WireClient[] = [];

async function connect(folder: unknown): Promise<WireClient> {
  const client = await WireClient.connect(thingProvider(new World()));
  clients.push(client);
  const configured = await client.ask('ConfigureProvider', { config: pack({ folder }), client_capabilities });
  expect(configured.diagnostics).toEqual([]);
  return client;
}
afterAll(() => {
  for (const client of clients) client.close();
});

/** Each call that can be put off. */
const calls: Readonly<Record<string, object>> = {
  PlanResourceChange: creation,
  ReadResource: { type_name: 'demo_thing', current_state: pack(later) },
  ImportResourceState: { type_name: 'demo_thing', identity: packIdentity({ zone: null, name: 'later' }) },
  ReadDataSource: { type_name: 'demo_probe', config: pack({ name: 'later', exists: null }) },
  OpenEphemeralResource: { type_name: 'demo_token', config: pack({ subject: 'later', value: null }) },
};

test.each(Object.entries(calls))('%s is put off by its handler', async (name, request) => {
  const client = await connect(null);
  const answer = await client.ask(name, { ...request, client_capabilities });
  expect(answer).toMatchObject({ deferred: { reason: 3 }, diagnostics: [] });
});

test.each(Object.entries(calls))(
  '%s is put off while the configuration of the provider is unknown',
  async (name, request) => {
    const client = await connect(UNKNOWN);
    const answer = await client.ask(name, { ...request, client_capabilities });
    expect(answer).toMatchObject({ deferred: { reason: 2 }, diagnostics: [] });
  },
);

test('a plan put off has what is known, a reading nothing but unknown', async () => {
  const client = await connect(null);
  const planned = await client.ask('PlanResourceChange', { ...creation, client_capabilities });
  const plan = unpack(planned.planned_state) as Answer;
  expect(plan).toMatchObject({ name: 'later', zone: 'north' });
  expect(isUnknown(plan.id)).toBe(true);
  const read = await client.ask('ReadDataSource', { ...calls.ReadDataSource, client_capabilities });
  expect(isUnknown(unpack(read.state))).toBe(true);
});

test('a client that cannot defer gets an error with the way around it', async () => {
  const client = await connect(null);
  const refused = await client.ask('PlanResourceChange', creation);
  expect(refused).toMatchObject({
    deferred: null,
    diagnostics: [
      {
        severity: 1,
        summary: 'Cannot plan demo_thing: not possible yet, what it needs is not there',
        detail: expect.stringContaining('-target'),
      },
    ],
  });
});
