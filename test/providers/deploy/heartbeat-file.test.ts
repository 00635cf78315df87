import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  cidOfRaw,
  createMeasuredStatement,
  formatStatement,
  publicKeyBytes,
  signEd25519,
  signingKeyOfSeed,
} from '../../../model';
import {
  findHeartbeat,
  formatHeartbeats,
  heartbeatsFolder,
  keepHeartbeats,
  listHeartbeatFiles,
  parseHeartbeats,
} from '../../../providers/deploy/heartbeat-file';
import { type HeartbeatRecord, isHeartbeat, recordOf } from '../../../providers/deploy/record';
import { preAuthEncoding } from '../../../providers/provchain';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'nexus-heartbeats-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const key = signingKeyOfSeed(new Uint8Array(32).fill(3));
const cid = (text: string) => cidOfRaw(Buffer.from(text));

function heartbeat(sequence: number): HeartbeatRecord {
  const predicate = {
    node: 'n1',
    key: Buffer.from(publicKeyBytes(key)).toString('hex'),
    release: cid('release'),
    config: 'c0'.repeat(32),
    epoch: '1',
    sequence: String(sequence),
    uptimeMicros: '10',
    cells: [],
    peers: [],
  };
  const payload = formatStatement(createMeasuredStatement('heartbeat', predicate, 'ab'.repeat(32)));
  const record = recordOf(payload, signEd25519(key, preAuthEncoding(payload)));
  if (!isHeartbeat(record)) throw new Error('a heartbeat is one');
  return record;
}

test('heartbeats are kept and found by their CID, with the interval that they belong to', async () => {
  const kept = [heartbeat(1), heartbeat(2), heartbeat(3)];
  await keepHeartbeats(stateDir, { record: cid('a'), toMs: 1_000 }, [heartbeat(9)]);
  await keepHeartbeats(stateDir, { record: cid('b'), toMs: 2_000 }, kept);
  const found = await findHeartbeat(stateDir, cidOfRaw(kept[1]?.payload ?? new Uint8Array()));
  expect(found).toEqual({
    file: expect.objectContaining({ record: cid('b'), toMs: 2_000 }),
    heartbeats: kept,
    index: 1,
  });
  expect(await findHeartbeat(stateDir, cid('none'))).toBeUndefined();
  expect(statSync((await listHeartbeatFiles(stateDir))[0]?.path ?? '').mode & 0o777).toBe(0o600);
});

test('the oldest files go when all together are too large, the newest never', async () => {
  for (const [at, name] of ['a', 'b', 'c'].entries())
    await keepHeartbeats(stateDir, { record: cid(name), toMs: at }, [heartbeat(at)], 1_000);
  const sizes = readdirSync(heartbeatsFolder(stateDir)).length;
  expect(sizes).toBeLessThan(3);
  await keepHeartbeats(stateDir, { record: cid('d'), toMs: 10 }, [heartbeat(4)], 1);
  expect((await listHeartbeatFiles(stateDir)).map(({ record }) => record)).toEqual([cid('d')]);
});

test('a damaged file is an error that names it; other files in the folder are none of ours', async () => {
  await keepHeartbeats(stateDir, { record: cid('a'), toMs: 1 }, [heartbeat(1)]);
  const [file] = await listHeartbeatFiles(stateDir);
  writeFileSync(join(heartbeatsFolder(stateDir), 'notes.txt'), 'x');
  expect(await listHeartbeatFiles(stateDir)).toHaveLength(1);
  writeFileSync(file?.path ?? '', 'no gzip');
  await expect(findHeartbeat(stateDir, cid('x'))).rejects.toMatchObject({
    code: 'bad-heartbeats',
    place: { file: file?.path },
  });
});

test('what is written is read back; any other text is refused in order', () => {
  const kept = [heartbeat(1), heartbeat(2)];
  expect(parseHeartbeats(formatHeartbeats(kept))).toEqual(kept);
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (text.includes('\n')) expect(() => parseHeartbeats(text)).toThrow(/Cannot read a record/);
    }),
  );
});
