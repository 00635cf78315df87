/** The server over real gRPC, without Terraform: what a well-behaved client never does, and what a newer one does. */
import { once } from 'node:events';
import { credentials, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import { type PluginDefinition, provider, resource } from '../../../providers/plugin';
import { makeCertificate } from '../../../providers/plugin/process/certificate';
import { type Listening, listen } from '../../../providers/plugin/process/grpc';
import { PluginServer } from '../../../providers/plugin/server';
import { formatMsgpack, parseMsgpack } from '../../../providers/plugin/wire/msgpack';
import { healthService, providerService } from '../../../providers/plugin/wire/service';
import { defineProvider, defineResource, string } from '../../../schema';

const schema = defineResource({
  typeName: 'demo_thing',
  version: 0,
  description: 'A thing.',
  attributes: { name: string({ required: true }), id: string({ computed: true }) },
});

let signal: AbortSignal | undefined;
const thing = resource(schema, {
  async create(planned, ctx) {
    signal = ctx.signal;
    if (planned.name === 'wait') await once(ctx.signal, 'abort');
    return { ...planned, id: planned.name };
  },
  read: async (prior) => prior,
  delete: async () => {},
});

const definition: PluginDefinition<unknown> = {
  address: 'host/ns/demo',
  version: '1.2.3',
  provider: provider(defineProvider({ description: '', attributes: {} }), { configure: () => ({}) }),
  resources: [thing],
};

type Answer = Readonly<Record<string, never>>;
interface AnyClient {
  close(): void;
  [method: string]: unknown;
}

const server = new PluginServer(definition, () => {});
const own = makeCertificate(Date.now());
const friend = makeCertificate(Date.now());
const stranger = makeCertificate(Date.now());
const closing: (() => void)[] = [];
let listening: Listening;

function client(service: Parameters<typeof makeClientConstructor>[0], as: typeof own): AnyClient {
  const Client = makeClientConstructor(service, 'test');
  const [root, key, chain] = [own.pem, as.privateKeyPem, as.pem].map((text) => Buffer.from(text));
  const made = new Client(`unix:${listening.address}`, credentials.createSsl(root, key, chain), {
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_receive_message_length': -1,
  });
  closing.push(() => made.close());
  return made as unknown as AnyClient;
}

type Method = (
  request: object,
  done: (error: ServiceError | null, answer: Answer) => void,
) => { cancel(): void };

function start(
  of: AnyClient,
  name: string,
  request: object,
): { answer: Promise<Answer>; cancel: () => void } {
  let cancel = (): void => {};
  const answer = new Promise<Answer>((resolve, reject) => {
    const method = of[name] as Method;
    const call = method.call(of, request, (error, result) => (error ? reject(error) : resolve(result)));
    cancel = () => call.cancel();
  });
  return { answer, cancel: () => cancel() };
}

const ask = (of: AnyClient, name: string, request: object): Promise<Answer> =>
  start(of, name, request).answer;
const pack = (value: unknown): object => ({ msgpack: formatMsgpack(value) });
const creation = (name: string): object => ({
  type_name: 'demo_thing',
  prior_state: pack(null),
  planned_state: pack({ name, id: null }),
  config: pack({ name, id: null }),
});

beforeAll(async () => {
  listening = await listen(server, {
    tls: { own, clientCertificate: friend.pem },
    transport: 'unix',
    socketFolder: undefined,
    ports: undefined,
    onShutdown: () => {},
  });
});
afterAll(() => {
  for (const close of closing) close();
  listening.close();
});

describe('the gRPC server', () => {
  test('answers a client with the right certificate, health included', async () => {
    expect(await ask(client(providerService(), friend), 'GetMetadata', {})).toMatchObject({
      resources: [{ type_name: 'demo_thing' }],
    });
    await expect(ask(client(healthService, friend), 'Check', {})).resolves.toEqual({});
  });

  test('refuses a client with another certificate', async () => {
    await expect(ask(client(providerService(), stranger), 'GetMetadata', {})).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
  });

  test('calls that are not served answer UNIMPLEMENTED', async () => {
    const terraform = client(providerService(), friend);
    for (const name of ['ConfigureStateStore', 'LockState', 'GetStates', 'DeleteState'])
      await expect(ask(terraform, name, {})).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(ask(terraform, 'GetResourceIdentitySchemas', {})).resolves.toEqual({
      identity_schemas: {},
      diagnostics: [],
    });
  });

  test('what goes wrong is a diagnostic, never a gRPC error', async () => {
    const terraform = client(providerService(), friend);
    const unknown = await ask(terraform, 'ReadResource', { type_name: 'demo_other' });
    expect(unknown.diagnostics).toMatchObject([
      { severity: 1, summary: 'Cannot find resource type "demo_other": the provider has demo_thing' },
    ]);
    const garbled = { type_name: 'demo_thing', current_state: { msgpack: Buffer.from([0xc1]) } };
    expect((await ask(terraform, 'ReadResource', garbled)).diagnostics).toMatchObject([
      { summary: expect.stringContaining('Cannot read a value from Terraform') },
    ]);
    const unconfigured = await ask(terraform, 'ApplyResourceChange', creation('a'));
    expect(unconfigured.diagnostics).toMatchObject([
      { summary: 'Cannot create demo_thing: the provider is not configured' },
    ]);
  });

  test('a cancelled call and StopProvider fire the signal of work under way, and of no other', async () => {
    const terraform = client(providerService(), friend);
    await ask(terraform, 'ConfigureProvider', { config: pack({}) });
    const cancelled = start(terraform, 'ApplyResourceChange', creation('wait'));
    while (signal === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const first: AbortSignal = signal;
    cancelled.cancel();
    await expect(cancelled.answer).rejects.toMatchObject({ code: status.CANCELLED });
    if (!first.aborted) await once(first, 'abort');
    expect(first.reason).toMatchObject({ message: 'Terraform cancelled the call' });

    signal = undefined;
    const stopped = start(terraform, 'ApplyResourceChange', creation('wait'));
    while (signal === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await ask(terraform, 'StopProvider', {})).toEqual({ Error: '' });
    const { new_state } = await stopped.answer;
    expect(parseMsgpack((new_state as unknown as { msgpack: Uint8Array }).msgpack)).toEqual({
      name: 'wait',
      id: 'wait',
    });
    await ask(terraform, 'ApplyResourceChange', creation('later'));
    expect(signal).toMatchObject({ aborted: false });
  });

  test('takes and gives messages far larger than the 4 MiB of grpc-js', async () => {
    const terraform = client(providerService(), friend);
    await ask(terraform, 'ConfigureProvider', { config: pack({}) });
    const name = 'x'.repeat(8 * 1024 * 1024);
    const { new_state } = await ask(terraform, 'ApplyResourceChange', creation(name));
    expect((new_state as unknown as { msgpack: Uint8Array }).msgpack.length).toBeGreaterThan(
      16 * 1024 * 1024,
    );
  });

  test('listens on the first free port of the range where tcp is asked', async () => {
    const tcp = { tls: undefined, transport: 'tcp', socketFolder: undefined, onShutdown: () => {} } as const;
    const first = await listen(server, { ...tcp, ports: { minimum: 39_100, maximum: 39_199 } });
    const second = await listen(server, { ...tcp, ports: { minimum: 39_100, maximum: 39_199 } });
    const [a, b] = [first, second].map(({ address }) => Number(address.replace('127.0.0.1:', '')));
    expect([a, b].every((port) => port !== undefined && port >= 39_100 && port < 39_200)).toBe(true);
    expect(a).not.toBe(b);
    first.close();
    second.close();
  });
});
