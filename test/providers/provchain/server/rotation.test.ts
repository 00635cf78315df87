/** The log's key is replaced, and the list of deployers changed, while a server runs and clients write and read. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  folderSource,
  HttpSource,
  openLedgerReaderAt,
  openRemoteLedger,
  parseVerifierKey,
  rotateKey,
  verifyTiledLog,
} from '../../../../providers/provchain';
import { followLogKey } from '../../../../providers/provchain/keys/log-key';
import { introduction, type Served, second, signed, startServed } from './_served';

let served: Served;
beforeEach(async () => {
  served = await startServed();
});
afterEach(() => served.end());

const rotate = ({ options: { keysFolder, place, random, clock } }: Served) =>
  rotateKey('log', { kind: 'plain' }, { keysFolder, place, random, clock });
const newKey = ({ home }: Served): string => readFileSync(join(home, 'keys/log.pub'), 'utf8');
const append = async ({ remote, allowed, ...rest }: Served) => {
  allowed.push(Buffer.from(second.publicKey).toString('hex'));
  return { remote, rest, receipt: await remote.append(introduction(), second) };
};
const tiled = (url: string, key: string) =>
  verifyTiledLog(new HttpSource({ url, attemptsMax: 1 }), {
    verifiers: [parseVerifierKey(key.trimEnd())],
    chance: () => 0.5,
  });

test('who has the old key is led to the new one by the records that the old one signed, and writes on', async () => {
  const { server, verifierKey: old } = served;
  await append(served);
  const { index } = await rotate(served);
  const { receipt } = await append(served);
  expect(receipt.index).toBeGreaterThan(index);
  expect(`${served.remote.verifierKey}\n`).toBe(newKey(served));
  await rotate(served);
  await append(served);

  const late = await openRemoteLedger({ url: server.url, verifierKey: old });
  await late.append(introduction(), second);
  const place = { kind: 'server', url: server.url } as const;
  const reader = await openLedgerReaderAt({ place, verifierKey: old });
  expect((await reader.checkpoint()).size).toBe((await late.checkpoint()).size);
  expect(`${reader.verifierKey}\n`).toBe(newKey(served));
  const report = await tiled(server.url, old);
  expect(report).toMatchObject({ findings: [], followed: { rotations: [index, expect.any(Number)] } });
  expect(served.errors).toEqual([]);
}, 30_000);

test('a log that goes on under a key which the old one did not name is refused, over any source', async () => {
  const { home, folder, verifierKey: old } = served;
  await append(served);
  // The same name and the same records, but a rotation that the thief of nothing has signed: with another log's key.
  cpSync(folder, join(home, 'forged'), { recursive: true });
  const thief = await startServed();
  try {
    await append(thief);
    await rotate(thief);
    await append(thief);
    const name = parseVerifierKey(old.trimEnd()).name;
    const forged = readFileSync(join(thief.folder, 'checkpoint'), 'utf8').replaceAll(
      parseVerifierKey(thief.verifierKey.trimEnd()).name,
      name,
    );
    const source = folderSource(thief.folder);
    const pinned = parseVerifierKey(old.trimEnd());
    await expect(followLogKey(source, pinned, Buffer.from(forged))).rejects.toMatchObject({
      code: 'other-key',
    });
    const lying = {
      read: async (path: string, max: number) =>
        path === 'checkpoint' ? Buffer.from(forged) : source.read(path, max),
    };
    await expect(verifyTiledLog(lying, { verifiers: [pinned], chance: () => 0 })).rejects.toMatchObject({
      code: 'other-key',
    });
  } finally {
    await thief.end();
  }
}, 30_000);

test('a size that nobody could read to the end is not believed, and slow files are not waited for', async () => {
  const pinned = parseVerifierKey(served.verifierKey.trimEnd());
  await append(served);
  await rotate(served);
  const note = readFileSync(join(served.folder, 'checkpoint'), 'utf8');
  const huge = note.replace(/\n\d+\n/, '\n9007199254740991\n');
  const source = folderSource(served.folder);
  await expect(followLogKey(source, pinned, Buffer.from(huge))).rejects.toMatchObject({
    code: 'log-too-large',
  });
  const slow = { read: () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 50)) };
  await expect(followLogKey(slow, pinned, Buffer.from(note), { timeMsMax: 0 })).rejects.toMatchObject({
    code: 'log-too-slow',
  });
}, 30_000);

test('a deployer that is added or taken away counts from the next request on; a wrong list changes nothing', async () => {
  const record = () => signed(introduction(), second);
  expect((await served.postRecords(record())).status).toBe(403);
  const own = served.allowed[0] ?? '';
  served.allowed.push(Buffer.from(second.publicKey).toString('hex'));
  expect((await served.postRecords(record())).status).toBe(200);
  served.allowed.push(...Array.from({ length: 256 }, (_, at) => String(at).padStart(64, '0')));
  expect((await served.postRecords(record())).status).toBe(200);
  expect((await served.postRecords(record())).status).toBe(200);
  expect(served.errors).toMatchObject([{ code: 'too-many-keys' }]);
  served.allowed.splice(0, served.allowed.length, own);
  expect((await served.postRecords(record())).status).toBe(403);
}, 30_000);
