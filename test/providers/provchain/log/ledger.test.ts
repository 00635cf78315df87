import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cidOfRaw, createStatement, formatStatement } from '../../../../model';
import {
  auditLedger,
  formatTlogProof,
  type Ledger,
  openLedger,
  openLedgerReader,
  openSigningKey,
  parseTlogProof,
  parseVerifierKey,
  preAuthEncoding,
  signingKeyFromSeed,
  verifyRecord,
} from '../../../../providers/provchain';
import { bytesOf, randomOf, statementOf } from '../simulation';

let home: string;
let folder: string;
let keysFolder: string;
const random = bytesOf(randomOf(1));
const node = signingKeyFromSeed(new Uint8Array(32).fill(9), 'deployer');

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ledger-'));
  folder = join(home, 'ledger');
  keysFolder = join(home, 'keys');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const open = (): Promise<Ledger> => openLedger({ folder, keysFolder, clock: Date.now });
const verifierKey = (): string => readFileSync(join(keysFolder, 'log.pub'), 'utf8');

test('a ledger is made on first use, and its keys with it', async () => {
  const ledger = await open();
  expect((await ledger.checkpoint()).size).toBe(0);
  expect(ledger.origin).toMatch(/^provchain\.localhost\/[0-9a-f]{8}$/);
  expect(verifierKey()).toBe(`${ledger.verifierKey}\n`);
  expect(statSync(join(keysFolder, 'log.key')).mode & 0o777).toBe(0o600);
  expect(readdirSync(home).sort()).toEqual(['keys', 'ledger']);
});

test('of several that make it at once all get the same one', async () => {
  const ledgers = await Promise.all(Array.from({ length: 6 }, open));
  expect(new Set(ledgers.map(({ origin }) => origin)).size).toBe(1);
  const receipts = await Promise.all(ledgers.map((ledger, at) => ledger.append(statementOf(at), node)));
  expect(receipts.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(readdirSync(home).sort()).toEqual(['keys', 'ledger']);
  expect((await auditLedger(folder, verifierKey())).findings).toEqual([]);
});

test('a record is found by its CID, with what it says and who signed it', async () => {
  const ledger = await open();
  const statement = createStatement('rollback', {
    from: cidOfRaw(random(8)),
    to: cidOfRaw(random(8)),
    reason: 'täst',
    at: '2026-01-31T12:00:00.000Z',
  });
  const receipt = await ledger.append(statement, node);
  expect(receipt).toEqual({ cid: cidOfRaw(formatStatement(statement)), index: 0, size: 1 });
  const entry = await (await open()).find(receipt.cid);
  expect(entry).toMatchObject({ cid: receipt.cid, index: 0, statement });
  expect(Buffer.from(entry?.publicKey ?? []).equals(node.publicKey)).toBe(true);
  expect(await ledger.find(cidOfRaw(random(9)))).toBeUndefined();
});

test('appended once, a record has one entry; appended plainly, it has another', async () => {
  const ledger = await open();
  const append = (once: boolean): Promise<number> =>
    ledger.append(statementOf(1), node, { once }).then(({ index }) => index);
  expect(await append(true)).toBe(0);
  expect(await append(true)).toBe(0);
  expect(await Promise.all([append(true), append(true)])).toEqual([0, 0]);
  expect(await append(false)).toBe(1);
  const other = signingKeyFromSeed(new Uint8Array(32).fill(3), 'deployer');
  expect((await ledger.append(statementOf(1), other, { once: true })).index).toBe(2);
  expect(
    await Promise.all(
      [2, 2, 3].map((n) => ledger.append(statementOf(n), node, { once: true }).then(({ index }) => index)),
    ),
  ).toEqual([3, 3, 4]);
});

test('a burst of appends goes into few commits, and each knows its place', async () => {
  const ledger = await open();
  const receipts = await Promise.all(
    Array.from({ length: 600 }, (_, n) => ledger.append(statementOf(n), node)),
  );
  expect(receipts.map(({ index }) => index)).toEqual(receipts.map((_, at) => at));
  expect([...new Set(receipts.map(({ size }) => size))]).toEqual([256, 512, 600]);
  const seen: string[] = [];
  for await (const { cid } of (await open()).entries({ from: 250, to: 520 })) seen.push(cid);
  expect(seen).toEqual(receipts.slice(250, 520).map(({ cid }) => cid));
});

test('a proof can be checked without the ledger, and not for another record', async () => {
  const ledger = await open();
  const receipts = await Promise.all(
    Array.from({ length: 300 }, (_, n) => ledger.append(statementOf(n), node)),
  );
  const log = parseVerifierKey(ledger.verifierKey);
  for (const number of [0, 255, 256, 299]) {
    const cid = receipts[number]?.cid ?? cidOfRaw(random(1));
    const [entry, proof] = [await ledger.find(cid), await ledger.prove(cid)];
    if (entry === undefined || proof === undefined) throw new Error('not found');
    const text = formatTlogProof(proof);
    expect(formatTlogProof(parseTlogProof(text))).toBe(text);
    const evidence = { ...entry.envelope, publicKey: entry.publicKey, proof: parseTlogProof(text) };
    expect(verifyRecord(evidence, log)).toMatchObject({ cid, index: number, statement: statementOf(number) });
    const payload = formatStatement(statementOf(number + 1000));
    const forged = { ...evidence, payload, signature: node.sign(preAuthEncoding(payload)) };
    expect(() => verifyRecord(forged, log)).toThrow('the proof does not lead from entry');
    expect(() => verifyRecord({ ...evidence, signature: forged.signature }, log)).toThrow(
      'its signature is not of key',
    );
    expect(() => verifyRecord({ ...evidence, proof: { ...proof, index: number ^ 1 } }, log)).toThrow(
      'does not lead',
    );
    expect(() => verifyRecord(evidence, { ...log, name: 'other' })).toThrow('Cannot open a signed note');
  }
});

test.each([
  ['no first line', 'index 0\n\nx'],
  ['a wrong index', 'c2sp.org/tlog-proof@v1\nindex 01\n\nx'],
  ['a short hash', 'c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx'],
  ['no checkpoint', 'c2sp.org/tlog-proof@v1\nindex 1\n'],
])('a proof with %s is refused', (_, text) => {
  expect(() => parseTlogProof(text)).toThrow('Cannot read an inclusion proof');
});

test('a record that a node has signed is taken, with the wrong key it is not', async () => {
  const ledger = await open();
  const payload = formatStatement(statementOf(1));
  const signature = node.sign(preAuthEncoding(payload));
  const wrong = signingKeyFromSeed(new Uint8Array(32).fill(4), 'deployer').publicKey;
  await expect(ledger.appendSigned({ payload, signature, publicKey: wrong })).rejects.toMatchObject({
    code: 'bad-signature',
  });
  await expect(
    ledger.appendSigned({ payload: Buffer.from('{}'), signature, publicKey: node.publicKey }),
  ).rejects.toMatchObject({ code: 'bad-record' });
  expect((await ledger.appendSigned({ payload, signature, publicKey: node.publicKey })).index).toBe(0);
  expect((await ledger.checkpoint()).size).toBe(1);
});

test('two processes that have it open see what the other one appends', async () => {
  const [left, right] = [await open(), await open()];
  const { cid } = await left.append(statementOf(1), node);
  expect((await right.find(cid))?.index).toBe(0);
  expect((await right.append(statementOf(1), node, { once: true })).index).toBe(0);
  expect((await right.append(statementOf(2), node)).index).toBe(1);
  expect((await left.append(statementOf(3), node)).index).toBe(2);
});

test('few commits are kept, however many there were', async () => {
  const ledger = await open();
  let keptMax = 0;
  for (let number = 0; number < 300; number += 1) {
    await ledger.append(statementOf(number), node);
    keptMax = Math.max(keptMax, readdirSync(join(folder, 'commits')).length);
  }
  expect(keptMax).toBeLessThan(400);
  await ledger.flush();
  expect(readdirSync(join(folder, 'commits'))).toHaveLength(3);
  expect((await auditLedger(folder, verifierKey())).findings).toEqual([]);
});

test('without waiting for the checkpoint the receipt is the same, and the checkpoint follows', async () => {
  const ledger = await open();
  const receipt = await ledger.append(statementOf(1), node, { published: false });
  expect(receipt).toMatchObject({ index: 0, size: 1 });
  await ledger.append(statementOf(2), node);
  expect((await (await open()).find(receipt.cid))?.index).toBe(0);
});

test('what cannot wait for the disk any more is refused at once, and nothing that was taken is lost', async () => {
  const ledger = await open();
  const count = 64 * 256 + 100;
  const appends = Array.from({ length: count }, () => ledger.append(statementOf(1), node));
  const outcomes = await Promise.allSettled(appends);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(100);
  for (const { reason } of refused as PromiseRejectedResult[]) expect(reason.code).toBe('ledger-overloaded');
  expect((await ledger.checkpoint()).size).toBe(count - 100);
  await expect(ledger.append(statementOf(2), node)).resolves.toMatchObject({ index: count - 100 });
});

test('an append that is given up before its turn adds nothing', async () => {
  const ledger = await open();
  const reason = new Error('given up');
  await expect(ledger.append(statementOf(1), node, { signal: AbortSignal.abort(reason) })).rejects.toBe(
    reason,
  );
  expect((await ledger.checkpoint()).size).toBe(0);
});

test('a reader needs the public key only, and a ledger that is there', async () => {
  const ledger = await open();
  const { cid } = await ledger.append(statementOf(1), node);
  const reader = await openLedgerReader({ folder, verifierKey: verifierKey() });
  expect((await reader.find(cid))?.statement).toEqual(statementOf(1));
  await expect(
    openLedgerReader({ folder: join(home, 'none'), verifierKey: verifierKey() }),
  ).rejects.toMatchObject({ code: 'no-ledger' });
  await expect(auditLedger(join(home, 'none'), verifierKey())).rejects.toMatchObject({ code: 'no-ledger' });
  expect(existsSync(join(home, 'none'))).toBe(false);
});

test('a ledger of another key is refused', async () => {
  await open();
  rmSync(keysFolder, { recursive: true });
  await expect(open()).rejects.toMatchObject({ code: 'ledger-damaged' });
});

test('a folder with other things in it does not become a ledger', async () => {
  folder = home;
  writeFileSync(join(home, 'letter.txt'), 'dear');
  await expect(open()).rejects.toMatchObject({ code: 'not-a-ledger' });
  expect(readdirSync(home).sort()).toEqual(['keys', 'letter.txt']);
});

describe('a key file', () => {
  const openKey = () => openSigningKey({ folder: keysFolder, role: 'deployer', random });

  test('is made once, and gives the same key again', async () => {
    const keys = await Promise.all([openKey(), openKey(), openKey()]);
    expect(new Set(keys.map(({ name }) => name)).size).toBe(1);
    expect(readdirSync(keysFolder).sort()).toEqual(['deployer.key', 'deployer.pub']);
    expect(readFileSync(join(keysFolder, 'deployer.key'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  test('that others may read is refused', async () => {
    await openKey();
    chmodSync(join(keysFolder, 'deployer.key'), 0o640);
    await expect(openKey()).rejects.toThrow('its mode is 640, expected 600');
  });

  test('that is no key is refused, and so is the public half of another', async () => {
    await openKey();
    writeFileSync(join(keysFolder, 'deployer.pub'), 'other\n');
    await expect(openKey()).rejects.toThrow('it is not the public half of the key beside it');
    writeFileSync(join(keysFolder, 'deployer.key'), 'nonsense');
    await expect(openKey()).rejects.toThrow('not a private key in PEM, expected Ed25519');
  });
});
