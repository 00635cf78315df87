import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  cidOfRaw,
  createMeasuredStatement,
  createStatement,
  formatStatement,
  type Statement,
} from '../../../../model';
import {
  auditLedger,
  type Ledger,
  openLedger,
  openRemoteLedger,
  parseTlogProof,
  parseVerifierKey,
  preAuthEncoding,
  type SigningKey,
  serveLedger,
  serveLog,
  signingKeyFromSeed,
  verifyRecord,
} from '../../../../providers/provchain';
import { formatAppendRequest, parseAppendAnswer } from '../../../../providers/provchain/append-request';

const home = mkdtempSync(join(tmpdir(), 'serve-'));
const folder = join(home, 'ledger');
const keysFolder = join(home, 'keys');
const random = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));
const options = { place: { kind: 'folder', folder } as const, keysFolder, clock: Date.now, random };
const keyOf = (digit: number): SigningKey => signingKeyFromSeed(new Uint8Array(32).fill(digit), 'deployer');
const hex = ({ publicKey }: Pick<SigningKey, 'publicKey'>): string => Buffer.from(publicKey).toString('hex');
const [deployer, node, stranger, second] = [keyOf(1), keyOf(2), keyOf(3), keyOf(4)];
const errors: unknown[] = [];

let server: Awaited<ReturnType<typeof serveLedger>>;
let verifierKey: string;
let local: Ledger;
let remote: Ledger;

beforeAll(async () => {
  const allowed = [hex(deployer)];
  server = await serveLedger({ ...options, allowed, listen: '127.0.0.1:0', onError: (e) => errors.push(e) });
  verifierKey = readFileSync(join(keysFolder, 'log.pub'), 'utf8');
  local = await openLedger({ folder, keysFolder, clock: Date.now });
  remote = await openRemoteLedger({ url: server.url, verifierKey });
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true });
});

let number = 0;
function introduction(name = `n${number}`, key = hex(node)): Statement {
  number += 1;
  return createStatement('key', { role: 'node', name, key });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

function ask(
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  body?: Uint8Array,
): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const request = requestHttp({ hostname, port, path, method, headers, agent: false }, async (response) => {
      const parts: Uint8Array[] = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

function signed(statement: Statement, signer: SigningKey) {
  const payload = formatStatement(statement);
  return { payload, signature: signer.sign(preAuthEncoding(payload)), publicKey: signer.publicKey };
}

const json = { 'content-type': 'application/json' };
function post(body: string | Uint8Array, headers: Record<string, string> = json): Promise<Answer> {
  const bytes = Buffer.from(body);
  return ask('/append', 'POST', { 'content-length': String(bytes.length), ...headers }, bytes);
}
const postRecords = (...records: ReturnType<typeof signed>[]): Promise<Answer> =>
  post(formatAppendRequest({ origin: local.origin, records }));
const codeOf = ({ body }: Answer): string => JSON.parse(body.toString()).error.code;

test('a record that is sent is in the ledger when its receipt is there, and the receipt proves it offline', async () => {
  const record = signed(introduction(), deployer);
  const answer = await postRecords(record);
  expect(answer.status).toBe(200);
  const [receipt] = parseAppendAnswer(answer.body);
  const verified = verifyRecord(
    { ...record, proof: parseTlogProof(receipt?.proof ?? '') },
    parseVerifierKey(verifierKey.trimEnd()),
  );
  expect(verified).toMatchObject({ cid: receipt?.cid, index: receipt?.index });
  expect((await local.find(cidOfRaw(record.payload)))?.index).toBe(receipt?.index);
});

test('the same record sent again gets its first receipt, and is there once', async () => {
  const record = signed(introduction(), deployer);
  const [first] = parseAppendAnswer((await postRecords(record)).body);
  const { size } = await local.checkpoint();
  const [again] = parseAppendAnswer((await postRecords(record, record)).body);
  expect(again?.index).toBe(first?.index);
  expect((await local.checkpoint()).size).toBe(size);
});

test('a remote ledger appends, finds, lists and proves as a local one does', async () => {
  const statements = Array.from({ length: 300 }, () => introduction());
  const receipts = await Promise.all(statements.map((statement) => remote.append(statement, deployer)));
  expect(new Set(receipts.map(({ index }) => index)).size).toBe(300);
  for (const at of [0, 299]) {
    const cid = cidOfRaw(formatStatement(statements[at] as Statement));
    expect(receipts[at]?.cid).toBe(cid);
    expect(await remote.find(cid)).toEqual(await local.find(cid));
    expect(await remote.prove(cid)).toEqual(await local.prove(cid));
  }
  const own: string[] = [];
  for await (const { cid } of remote.entries({ from: 2, to: 280 })) own.push(cid);
  expect(own).toHaveLength(278);
  expect((await remote.checkpoint()).note).toBe((await local.checkpoint()).note);
});

test('who may append follows from the ledger: nodes speak of themselves, keys rotate and are revoked', async () => {
  const zeros = '0'.repeat(64);
  const cid = cidOfRaw(Buffer.from('x'));
  const boot = (name: string) =>
    createMeasuredStatement(
      'boot',
      {
        node: name,
        key: hex(node),
        release: cid,
        config: zeros,
        nonce: zeros,
        epoch: '1',
        sequence: '1',
        uptimeMicros: '1',
        cells: [],
        peers: [],
      },
      zeros,
    );
  const refused = { code: 'key-not-allowed' };
  await expect(remote.append(introduction(), stranger)).rejects.toMatchObject(refused);
  await expect(remote.append(boot('alice'), node)).rejects.toThrow('node n');
  await remote.append(introduction('alice'), deployer);
  await remote.append(boot('alice'), node);
  await expect(remote.append(boot('bob'), node)).rejects.toMatchObject(refused);
  await expect(remote.append(introduction('eve'), node)).rejects.toThrow(
    'node alice may not append such a record',
  );
  const revoke = (key: SigningKey) =>
    createStatement('revocation', {
      key: hex(key),
      role: 'node',
      name: 'alice',
      reason: 'lost',
      at: '2026-01-31T12:00:00.000Z',
    });
  await expect(remote.append(revoke(deployer), node)).rejects.toMatchObject(refused);
  await remote.append(revoke(node), deployer);
  await expect(remote.append(boot('alice'), node)).rejects.toThrow('was revoked at entry');
});

test('each wrong request has its code, and nothing of it is added', async () => {
  const { size } = await local.checkpoint();
  const good = signed(introduction(), deployer);
  const spoiled = { ...good, signature: new Uint8Array(64) };
  const answers = {
    'bad-append': await post('{'),
    'bad-envelope': await post(`{"origin":"a","records":[{"publicKey":"${'0'.repeat(64)}","envelope":{}}]}`),
    'bad-record': await postRecords({ ...good, payload: Buffer.from('{}') }),
    'bad-signature': await postRecords(good, spoiled),
    'key-not-allowed': await postRecords(good, signed(introduction(), stranger)),
    'wrong-log': await post(formatAppendRequest({ origin: 'other/log', records: [good] })),
    'append-too-large': await post('{}', { ...json, 'content-length': String(1e9) }),
    'wrong-type': await post('{}', { 'content-type': 'text/plain' }),
    'no-length': await ask('/append', 'POST', { ...json, 'transfer-encoding': 'chunked' }, Buffer.from('{}')),
    'wrong-method': await ask('/checkpoint', 'DELETE'),
    'not-found': await ask('/'),
  };
  const statuses = Object.fromEntries(Object.entries(answers).map(([code, { status }]) => [code, status]));
  for (const [code, answer] of Object.entries(answers)) expect(codeOf(answer)).toBe(code);
  expect(statuses).toEqual({
    'bad-append': 400,
    'bad-envelope': 400,
    'bad-record': 400,
    'bad-signature': 401,
    'key-not-allowed': 403,
    'wrong-log': 409,
    'append-too-large': 413,
    'wrong-type': 415,
    'no-length': 411,
    'wrong-method': 405,
    'not-found': 404,
  });
  expect((await local.checkpoint()).size).toBe(size);
});

test('of records that are sent together one that is refused does not spoil the others', async () => {
  const outcomes = await Promise.allSettled([
    remote.append(introduction(), deployer),
    remote.append(introduction(), stranger),
    remote.append(introduction(), deployer),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('files are static: full ones for ever, the checkpoint by its tag, HEAD without a body', async () => {
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

/** Sends bytes as they are, and gives back what came until the server hung up. */
function sendRaw(bytes: Uint8Array): Promise<Buffer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(parts)));
  });
}

test('hostile requests of all kinds change nothing and stop nothing', async () => {
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
  const limits = { waitingSizeBytesMax: 30_000, waitingPerKeyMax: 8 };
  const small = await serveLedger({
    ...options,
    allowed: [hex(deployer)],
    listen: '127.0.0.1:0',
    onError: fail,
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

function fail(error: unknown): void {
  errors.push(error);
}

test('a server that ends answers what it was asked, and takes nothing more', async () => {
  const other = await serveLedger({
    ...options,
    allowed: [hex(second), hex(deployer)],
    listen: `unix:${join(home, 'socket')}`,
    onError: fail,
  });
  expect(other.url).toBe(`unix:${join(home, 'socket')}`);
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

test('a log is served to be read without its key, and takes nothing then', async () => {
  const { place } = options;
  const reading = await serveLog({ place, verifierKey, listen: '127.0.0.1:0', onError: fail });
  const client = await openRemoteLedger({ url: reading.url, verifierKey });
  expect((await client.checkpoint()).size).toBeGreaterThan(300);
  await expect(client.append(introduction(), deployer)).rejects.toMatchObject({ code: 'read-only' });
  await reading.close();
});

test('a server that lies about a receipt is not believed', async () => {
  const other = join(home, 'other');
  const foreign = await serveLedger({
    ...options,
    place: { kind: 'folder', folder: join(other, 'ledger') },
    keysFolder: join(other, 'keys'),
    allowed: [hex(deployer)],
    listen: '127.0.0.1:0',
    onError: fail,
  });
  await expect(openRemoteLedger({ url: foreign.url, verifierKey })).rejects.toMatchObject({
    code: 'ledger-damaged',
  });
  await foreign.close();
});

test('after all of this the ledger is whole', async () => {
  expect(errors).toEqual([]);
  expect(await auditLedger(folder, verifierKey)).toMatchObject({ findings: [], pendingCount: 0 });
});
