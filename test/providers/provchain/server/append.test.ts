import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  cidOfRaw,
  createMeasuredStatement,
  createStatement,
  formatStatement,
  type Statement,
} from '../../../../model';
import {
  auditLedger,
  openRemoteLedger,
  parseTlogProof,
  parseVerifierKey,
  type SigningKey,
  verifyRecord,
} from '../../../../providers/provchain';
import {
  formatAppendRequest,
  parseAppendAnswer,
} from '../../../../providers/provchain/formats/append-request';
import {
  codeOf,
  deployer,
  hex,
  introduction,
  json,
  node,
  type Served,
  signed,
  startServed,
  stranger,
} from './_served';

let served: Served;
beforeAll(async () => {
  served = await startServed();
});
afterAll(() => served.end());

test('a record that is sent is in the ledger when its receipt is there, and the receipt proves it offline', async () => {
  const { verifierKey, local, postRecords } = served;
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
  const { local, postRecords } = served;
  const record = signed(introduction(), deployer);
  const [first] = parseAppendAnswer((await postRecords(record)).body);
  const { size } = await local.checkpoint();
  const [again] = parseAppendAnswer((await postRecords(record, record)).body);
  expect(again?.index).toBe(first?.index);
  expect((await local.checkpoint()).size).toBe(size);
});

test('a remote ledger appends, finds, lists and proves as a local one does', async () => {
  const { local, remote } = served;
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
  const { remote } = served;
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
  const { local, ask, post, postRecords } = served;
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
  const { remote } = served;
  const outcomes = await Promise.allSettled([
    remote.append(introduction(), deployer),
    remote.append(introduction(), stranger),
    remote.append(introduction(), deployer),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a receipt counts only with a proof for the very record', async () => {
  const { server, verifierKey, postRecords, local } = served;
  const other = await postRecords(signed(introduction(), deployer));
  const answers = [other.body, Buffer.from('{"records":[]}'), Buffer.from('thanks')];
  // It gives out the true log, and says of each record what it was told to say.
  const liar = createServer((request, response) => {
    if (request.method === 'POST') response.end(answers.shift());
    else get(new URL(request.url ?? '', server.url), (from) => from.pipe(response));
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  const { port } = liar.address() as AddressInfo;
  const client = await openRemoteLedger({ url: `http://127.0.0.1:${port}/`, verifierKey });
  const { size } = await local.checkpoint();
  for (const code of ['bad-receipt', 'bad-receipt', 'bad-append'])
    await expect(client.append(introduction(), deployer)).rejects.toMatchObject({ code });
  expect(answers).toEqual([]);
  expect((await local.checkpoint()).size).toBe(size);
  liar.closeAllConnections();
  liar.close();
});

test('after all of this the ledger is whole', async () => {
  const { folder, verifierKey, errors } = served;
  expect(errors).toEqual([]);
  expect(await auditLedger(folder, verifierKey)).toMatchObject({ findings: [], pendingCount: 0 });
});
