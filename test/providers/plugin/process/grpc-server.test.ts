/** The gRPC server by the bytes: frames that no library would send, deadlines, and clients that read slowly or leave. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import {
  createGrpcServer,
  type GrpcCall,
  type GrpcServer,
} from '../../../../providers/plugin/process/grpc-server';

let server: GrpcServer;
let client: ClientHttp2Session;
/** What the methods below saw of the last call. */
let isCancelled: Promise<void>;
let sentCount = 0;

const method = (handle: (request: string, call: GrpcCall) => Promise<void>) => ({
  parse: (bytes: Buffer) => ({ text: bytes.toString() }),
  format: (message: object) => Buffer.from((message as { text: string }).text),
  handle: (request: Readonly<Record<string, unknown>>, call: GrpcCall) => handle(String(request.text), call),
});
const untilCancelled = (call: GrpcCall): Promise<void> => {
  isCancelled = new Promise((resolve) => call.onCancelled(resolve));
  return isCancelled;
};
const methods = new Map([
  ['/test/Echo', method((text, call) => call.send({ text }))],
  ['/test/Wait', method((_, call) => untilCancelled(call))],
  ['/test/Fail', method(() => Promise.reject(new Error('50 % of ü')))],
  [
    '/test/Flood',
    method(async (_, call) => {
      for (sentCount = 0; sentCount < 1000; sentCount += 1) await call.send({ text: 'x'.repeat(64 * 1024) });
    }),
  ],
]);

beforeAll(async () => {
  server = createGrpcServer(methods, undefined);
  server.http.listen(0, '127.0.0.1');
  await once(server.http, 'listening');
  client = connect(`http://127.0.0.1:${(server.http.address() as AddressInfo).port}`);
});
afterAll(() => {
  client.destroy();
  server.close();
});

interface Answered {
  readonly httpStatus: number | undefined;
  readonly status: number;
  readonly message: string;
  readonly body: Buffer;
}

const frameOf = (text: string): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
};

async function call(path: string, body: Uint8Array, headers: IncomingHttpHeaders = {}): Promise<Answered> {
  const stream = client.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    ...headers,
  });
  let [first, last]: IncomingHttpHeaders[] = [];
  stream.on('response', (found) => {
    first = found;
  });
  stream.on('trailers', (found) => {
    last = found;
  });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await once(stream, 'close');
  return {
    httpStatus: Number(first?.[':status']),
    status: Number(last?.['grpc-status']),
    message: decodeURIComponent(String(last?.['grpc-message'] ?? '')),
    body: Buffer.concat(chunks),
  };
}

test('a message goes in and comes back in one frame, empty ones too', async () => {
  for (const text of ['', 'hello', 'y'.repeat(3_000_000)])
    expect(await call('/test/Echo', frameOf(text))).toEqual({
      httpStatus: 200,
      status: 0,
      message: '',
      body: frameOf(text),
    });
});

test('no message, a cut-off one, two, a compressed one and one too large each end with a status', async () => {
  const compressed = frameOf('x');
  compressed[0] = 1;
  const statuses = [];
  for (const body of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    frameOf('hello').subarray(0, 8),
    Buffer.concat([frameOf('a'), frameOf('b')]),
    compressed,
    Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]),
  ])
    statuses.push((await call('/test/Echo', body)).status);
  expect(statuses).toEqual([13, 13, 13, 13, 12, 8]);
});

test('any bytes as a request end with a status, and the server lives on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      const { status, body } = await call('/test/Echo', bytes);
      if (status === 0) expect(body).toEqual(Buffer.from(bytes));
      else expect([8, 12, 13]).toContain(status);
    }),
    { numRuns: 100 },
  );
  expect((await call('/test/Echo', frameOf('still here'))).status).toBe(0);
});

test('unknown methods, other content and failing handlers are told apart', async () => {
  expect(await call('/test/None', frameOf(''))).toMatchObject({ httpStatus: 200, status: 12 });
  expect(await call('/test/Echo', frameOf(''), { 'content-type': 'text/plain' })).toMatchObject({
    httpStatus: 415,
  });
  expect(await call('/test/Fail', frameOf(''))).toMatchObject({ status: 13, message: '50 % of ü' });
});

test('a deadline ends the call and tells the handler; what is no deadline is passed over', async () => {
  expect(await call('/test/Wait', frameOf(''), { 'grpc-timeout': '30m' })).toMatchObject({ status: 4 });
  await isCancelled;
  for (const timeout of ['99999999H', '5', '123456789S', 'S', '-1S'])
    expect(await call('/test/Echo', frameOf('a'), { 'grpc-timeout': timeout })).toMatchObject({ status: 0 });
});

test('a client that reads nothing holds the handler back, and one that leaves lets it go', async () => {
  const stream = client.request({
    ':method': 'POST',
    ':path': '/test/Flood',
    'content-type': 'application/grpc',
  });
  stream.on('error', () => {});
  stream.pause();
  stream.end(frameOf(''));
  await once(stream, 'response');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(sentCount).toBeLessThan(500);
  stream.close(8);
  while (sentCount < 1000) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await call('/test/Echo', frameOf('a'))).status).toBe(0);
});
