import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatHttpPlace, parseHttpPlace } from '../../../../providers/provchain/storage/http-client';
import { HttpSource, type HttpSourceOptions } from '../../../../providers/provchain/storage/http-source';

const servers: Server[] = [];
const sources: HttpSource[] = [];
const folder = mkdtempSync(join(tmpdir(), 'http-source-'));
afterEach(async () => {
  for (const source of sources.splice(0)) source.client.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function serve(listener: RequestListener, socketPath?: string): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socketPath ?? { port: 0, host: '127.0.0.1' }, resolve));
  return socketPath === undefined
    ? `http://127.0.0.1:${(server.address() as AddressInfo).port}/log`
    : `unix:${socketPath}`;
}

/** A source that notes its pauses instead of making them. */
function sourceOf(url: string, options: Partial<HttpSourceOptions> = {}) {
  const pauses: number[] = [];
  const source = new HttpSource({
    url,
    chance: () => 0.5,
    sleep: async (ms) => void pauses.push(ms),
    ...options,
  });
  sources.push(source);
  return { read: source.read, pauses };
}

const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

test('a file is read below the path of the address, and one that is not there is undefined', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(request.url === '/log/checkpoint' ? 200 : asked.length === 2 ? 404 : 410).end('head');
  });
  const { read } = sourceOf(url);
  expect(text(await read('checkpoint', 4))).toBe('head');
  expect(await read('tile/0/000.p/5', 100)).toBeUndefined();
  expect(await read('tile/0/x001/000', 100)).toBeUndefined();
  expect(asked).toEqual(['/log/checkpoint', '/log/tile/0/000.p/5', '/log/tile/0/x001/000']);
});

test('a socket of this machine serves as an address', async () => {
  const url = await serve((_, response) => response.end('here'), join(folder, 'socket'));
  expect(text(await sourceOf(url).read('checkpoint', 100))).toBe('here');
});

test('what cannot change is asked for once, the checkpoint each time; the memory has a bound', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url);
    response.end('12345');
  });
  const { read } = sourceOf(url, { cacheSizeBytesMax: 10 });
  for (const path of ['a', 'b', 'a', 'c', 'a', 'b', 'checkpoint', 'checkpoint']) await read(path, 5);
  expect(asked.map((path) => path?.slice('/log/'.length))).toEqual([
    'a',
    'b',
    'c',
    'b',
    'checkpoint',
    'checkpoint',
  ]);
});

test('an answer that is too large is refused, whether it says so or not', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/log/declared') response.setHeader('content-length', 1e9);
    response.write(Buffer.alloc(101));
    if (request.url === '/log/actual') response.end();
  });
  const { read } = sourceOf(url);
  await expect(read('declared', 100)).rejects.toThrow(
    `Cannot read "${url}/declared": 1000000000 bytes or more, expected at most 100`,
  );
  await expect(read('actual', 100)).rejects.toThrow('101 bytes or more, expected at most 100');
  await expect(read('endless', 100)).rejects.toMatchObject({ code: 'bad-answer' });
});

test('a passing failure is tried again with growing pauses, and as late as the server asks', async () => {
  const statuses = [503, 500, 429, 200];
  const url = await serve((_, response) => {
    const status = statuses.shift() ?? 200;
    response.writeHead(status, status === 429 ? { 'retry-after': '3' } : {}).end('done');
  });
  const { read, pauses } = sourceOf(url);
  expect(text(await read('a', 100))).toBe('done');
  expect(pauses).toEqual([100, 200, 3000]);
});

test('a server that stays down, hangs up, is silent or is not there is named in the end', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/log/down') response.writeHead(502).end();
    if (request.url === '/log/gone') response.socket?.destroy();
    if (request.url === '/log/half') response.writeHead(200, { 'content-length': 100 }).write('half');
  });
  const { read, pauses } = sourceOf(url, { timeoutMs: 100, attemptsMax: 2 });
  await expect(read('down', 100)).rejects.toThrow(
    `Cannot read "${url}/down": status 502, expected 200 or 404`,
  );
  await expect(read('gone', 100)).rejects.toThrow(`Cannot reach "${url}/gone": socket hang up`);
  await expect(read('silent', 100)).rejects.toThrow(
    `Cannot reach "${url}/silent": no whole answer after 100 ms`,
  );
  await expect(read('half', 100)).rejects.toMatchObject({ code: 'log-unreachable' });
  expect(pauses).toHaveLength(4);
  await expect(sourceOf('http://127.0.0.1:1/').read('a', 1)).rejects.toThrow('ECONNREFUSED');
});

test('a refusal is not tried again', async () => {
  let count = 0;
  const url = await serve((_, response) => {
    count += 1;
    response.writeHead(403).end();
  });
  await expect(sourceOf(url).read('a', 100)).rejects.toThrow('status 403');
  expect(count).toBe(1);
});

test('a redirect is followed within the origin, three times at most', async () => {
  const to: Record<string, string> = {
    '/log/moved': '/elsewhere',
    '/log/loop': '/log/loop',
    '/log/away': 'http://localhost:1/',
    '/log/odd': 'http://[',
  };
  const url = await serve((request, response) => {
    const location = to[request.url ?? ''];
    response
      .writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location })
      .end('found');
  });
  const { read } = sourceOf(url);
  expect(text(await read('moved', 100))).toBe('found');
  await expect(read('loop', 100)).rejects.toThrow('its redirect to "/log/loop" after 3 others');
  await expect(read('away', 100)).rejects.toThrow('leads elsewhere, expected one within its origin');
  await expect(read('odd', 100)).rejects.toMatchObject({ code: 'log-refused' });
});

test('an abort ends a request, and a pause, with its reason', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/log/down') response.writeHead(503, { 'retry-after': '9' }).end();
  });
  for (const path of ['silent', 'down']) {
    const controller = new AbortController();
    const source = new HttpSource({ url, signal: controller.signal });
    sources.push(source);
    const reading = source.read(path, 100);
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(reading).rejects.toThrow('enough');
  }
});

test('an address is one of three forms, and shows no secret when it is refused', () => {
  for (const wrong of ['ftp://a/', 'a', '', 'unix:relative', 'http://a/?b', 'http://a/#b'])
    expect(() => parseHttpPlace(wrong)).toThrow('Cannot use ledger');
  expect(() => parseHttpPlace('https://me:hidden@a/')).toThrow(/^(?!.*hidden).*names a user or a password/);
  for (const right of ['https://a/', 'http://a:1/b/', 'unix:/run/a'])
    expect(formatHttpPlace(parseHttpPlace(right))).toBe(right);
});

test('whatever a server says, a read ends with bytes, with nothing, or with an error of ours', async () => {
  let next: (response: Parameters<RequestListener>[1]) => void = () => undefined;
  const url = await serve((_, response) => next(response));
  const { read } = sourceOf(url, { attemptsMax: 1, timeoutMs: 500, cacheSizeBytesMax: 0 });
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 200 }),
    fc.boolean(),
    async (bytes, hasHead) => {
      next = (response) => {
        const head = hasHead ? 'HTTP/1.1 200 OK\r\n' : '';
        response.socket?.end(Buffer.concat([Buffer.from(head), bytes]));
      };
      const outcome = await read('a', 50).catch((error: { code?: string }) => error.code);
      expect(['undefined', 'object', 'string']).toContain(typeof outcome);
      if (typeof outcome === 'string')
        expect(['log-unreachable', 'log-refused', 'bad-answer']).toContain(outcome);
    },
  );
  await fc.assert(property, { numRuns: 200 });
});
