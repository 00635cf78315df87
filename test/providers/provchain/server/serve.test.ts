import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { cidOfRaw, formatStatement, type Statement } from '../../../../model';
import { auditLedger, openRemoteLedger, serveLedger, serveLog } from '../../../../providers/provchain';
import { formatAppendRequest } from '../../../../providers/provchain/formats/append-request';
import { deployer, hex, introduction, type Served, second, signed, startServed, stranger } from './_served';

let served: Served;
beforeAll(async () => {
  served = await startServed();
  // More than a full tile.
  await Promise.all(Array.from({ length: 300 }, () => served.local.append(introduction(), deployer)));
});
afterAll(() => served.end());

/** Sends bytes as they are, and gives back what came until the server hung up. */
function sendRaw(bytes: Uint8Array): Promise<Buffer> {
  const { hostname, port } = new URL(served.server.url);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(parts)));
  });
}

test('files are static: full ones for ever, the checkpoint by its tag, HEAD without a body', async () => {
  const { folder, local, ask } = served;
  const full = await ask('/tile/0/000');
  expect(full.headers).toMatchObject({
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'application/octet-stream',
    'content-length': '8192',
    'x-content-type-options': 'nosniff',
  });
  expect((await ask('/tile/entries/000')).status).toBe(200);
  expect((await ask('/records/000')).status).toBe(200);
  const { size } = await local.checkpoint();
  const partial = await ask(`/tile/0/001.p/${size - 256}`);
  expect(partial.headers['cache-control']).toBe('public, max-age=60');
  const checkpoint = await ask('/checkpoint?x=1');
  expect(checkpoint.body).toEqual(readFileSync(join(folder, 'checkpoint')));
  expect(checkpoint.headers).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': 'text/plain; charset=utf-8',
  });
  const tag = String(checkpoint.headers.etag);
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*'])
    expect(await ask('/checkpoint', 'GET', { 'if-none-match': known })).toMatchObject({
      status: 304,
      body: Buffer.alloc(0),
    });
  expect((await ask('/checkpoint', 'GET', { 'if-none-match': '"other"' })).status).toBe(200);
  const head = await ask('/tile/0/000', 'HEAD');
  expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, '8192']);
});

test('no path leads out of the log, however it is written', async () => {
  const { home, ask } = served;
  writeFileSync(join(home, 'secret'), 'secret');
  const fixed = [
    '/../secret',
    '/tile/../../secret',
    '/%2e%2e/secret',
    '/commits/flushed',
    '/tmp',
    '//etc/passwd',
  ];
  for (const path of [
    ...fixed,
    '/tile/0/000/../../../../secret',
    '/records/000.p/0',
    '/tile/7/000',
    '/keys/log.key',
  ])
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  const piece = fc.constantFrom(
    '..',
    '.',
    'tile',
    '0',
    '000',
    'records',
    '%2e',
    'keys',
    'log.key',
    '/',
    '\\\\',
    'x001',
    '.p',
  );
  const property = fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
    const { status, body } = await ask(`/${pieces.join('/')}`);
    expect([200, 404]).toContain(status);
    expect(body.includes('secret') || body.includes('PRIVATE')).toBe(false);
  });
  await fc.assert(property, { numRuns: 150 });
});

test('hostile requests of all kinds change nothing and stop nothing', async () => {
  const { local, remote, errors } = served;
  const { size } = await local.checkpoint();
  const good = formatAppendRequest({ origin: local.origin, records: [signed(introduction(), stranger)] });
  const head = `POST /append HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n`;
  const whole = Buffer.from(`${head}content-length: ${good.length}\r\n\r\n${good}`);
  const mutated = fc
    .array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 })
    .map((changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const bytes = fc.oneof(
    mutated,
    fc.uint8Array({ maxLength: 300 }),
    mutated.map((each) => each.subarray(0, 90)),
  );
  const property = fc.asyncProperty(bytes, async (each) => {
    const answer = (await sendRaw(each)).toString('latin1');
    if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
  await fc.assert(property, { numRuns: 300 });
  await sendRaw(Buffer.from(`GET /checkpoint HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`));
  expect((await local.checkpoint()).size).toBe(size);
  expect((await remote.append(introduction(), deployer)).index).toBe(size);
  expect(errors).toEqual([]);
});

test('what is too much at once is told to come back, and comes in then; nothing acknowledged is lost', async () => {
  const { options, verifierKey, local } = served;
  const limits = { waitingSizeBytesMax: 30_000, waitingPerKeyMax: 8 };
  const small = await serveLedger({
    ...options,
    allowed: async () => [hex(deployer)],
    listen: '127.0.0.1:0',
    limits,
  });
  const statements = Array.from({ length: 60 }, () => introduction());
  const clients = await Promise.all(
    statements.map(() =>
      openRemoteLedger({
        url: small.url,
        verifierKey,
        sleep: async () => void (await new Promise((r) => setTimeout(r, 20))),
      }),
    ),
  );
  const outcomes = await Promise.allSettled(
    statements.map((statement, at) => clients[at]?.append(statement, deployer)),
  );
  await small.close();
  const cids = new Set<string>();
  for await (const { cid } of local.entries()) cids.add(cid);
  for (const [at, outcome] of outcomes.entries()) {
    const cid = cidOfRaw(formatStatement(statements[at] as Statement));
    if (outcome.status === 'fulfilled') expect(cids.has(cid)).toBe(true);
    else expect(outcome.reason.code).toMatch(/^(key-busy|ledger-overloaded)$/);
  }
  expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(8);
});

test('a server that ends answers what it was asked, and takes nothing more', async () => {
  const { home, options, local, verifierKey } = served;
  const listen = `unix:${join(home, 'socket')}`;
  const other = await serveLedger({ ...options, allowed: async () => [hex(second), hex(deployer)], listen });
  expect(other.url).toBe(listen);
  const client = await openRemoteLedger({ url: other.url, verifierKey, sleep: async () => undefined });
  const appending = client.append(introduction(), second);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await other.close();
  const receipt = await appending.catch((error: Error) => error);
  const { size } = await local.checkpoint();
  if ('index' in receipt) expect(receipt.index).toBeLessThan(size);
  else expect(receipt).toMatchObject({ code: 'append-uncertain' });
  await expect(client.append(introduction(), second)).rejects.toMatchObject({ code: 'append-uncertain' });
});

test('another log under the same address is not taken for this one', async () => {
  const { home, options, verifierKey } = served;
  const folder = join(home, 'other', 'ledger');
  const foreign = await serveLedger({
    ...options,
    place: { kind: 'folder', folder },
    keysFolder: join(home, 'other', 'keys'),
    allowed: async () => [hex(deployer)],
    listen: '127.0.0.1:0',
  });
  await expect(openRemoteLedger({ url: foreign.url, verifierKey })).rejects.toMatchObject({
    code: 'ledger-damaged',
  });
  await foreign.close();
});

test('a log is served to be read without its key, and takes nothing then', async () => {
  const { options, verifierKey } = served;
  const { place, onError } = options;
  const reading = await serveLog({ place, verifierKey, onError, listen: '127.0.0.1:0' });
  const client = await openRemoteLedger({ url: reading.url, verifierKey });
  expect((await client.checkpoint()).size).toBeGreaterThan(299);
  await expect(client.append(introduction(), deployer)).rejects.toMatchObject({ code: 'read-only' });
  await reading.close();
});

test('after all of this the ledger is whole', async () => {
  const { folder, verifierKey, errors } = served;
  expect(errors).toEqual([]);
  expect(await auditLedger(folder, verifierKey)).toMatchObject({ findings: [], pendingCount: 0 });
});
