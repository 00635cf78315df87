/** `nexus prove` of one heartbeat, and `nexus verify` of what it wrote, where nothing else is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Cid,
  cidOfRaw,
  createMeasuredStatement,
  formatStatement,
  publicKeyBytes,
  signEd25519,
  signingKeyOfSeed,
} from '../../model';
import { appendToLedger, type HeartbeatRecord, isHeartbeat, recordOf } from '../../providers/deploy';
import { leafHash, preAuthEncoding, treeRoot } from '../../providers/provchain';
import { Desk } from './_io';
import { configDigest, makeLedger, seedOf } from './_ledger';

let desk: Desk;
let elsewhere: Desk;
let heartbeats: readonly HeartbeatRecord[];
beforeAll(async () => {
  [desk, elsewhere] = [new Desk(), new Desk()];
  const { release } = await makeLedger(desk);
  heartbeats = [1, 2, 3, 4, 5].flatMap((sequence) =>
    ['n-0', 'n-1'].map((node) => heartbeatOf(node, sequence, release)),
  );
  await appendToLedger(desk.stateDir)({
    interval: {
      site: 'hall-3',
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-01-01T00:01:00.000Z',
      count: heartbeats.length,
      nodeCount: 2,
      root: Buffer.from(treeRoot(heartbeats.map(({ payload }) => leafHash(payload)))).toString('hex'),
      silentCount: 1,
      silent: ['n-2'],
    },
    heartbeats,
  });
  writeFileSync(join(elsewhere.folder, 'log.pub'), readFileSync(join(desk.stateDir, 'keys/log.pub')));
});
afterAll(() => {
  desk.remove();
  elsewhere.remove();
});

function heartbeatOf(node: string, sequence: number, release: Cid): HeartbeatRecord {
  const key = signingKeyOfSeed(seedOf(node));
  const predicate = {
    node,
    key: Buffer.from(publicKeyBytes(key)).toString('hex'),
    release,
    config: configDigest,
    epoch: '1',
    sequence: String(sequence),
    uptimeMicros: '1000',
    cells: [],
    peers: [],
  };
  const payload = formatStatement(createMeasuredStatement('heartbeat', predicate, 'ab'.repeat(32)));
  const record = recordOf(payload, signEd25519(key, preAuthEncoding(payload)));
  if (!isHeartbeat(record)) throw new Error('a heartbeat is one');
  return record;
}

test('each heartbeat of the interval is proved, and checked elsewhere with the key of the log alone', async () => {
  for (const [at, { payload }] of heartbeats.entries()) {
    const file = join(elsewhere.folder, 'heartbeat.proof');
    const { code, err } = await desk.nexus('prove', cidOfRaw(payload), '-o', file);
    expect([code, err]).toEqual([
      0,
      expect.stringContaining(`heartbeat ${at} of 10 of the interval in entry 9`),
    ]);
    const checked = await elsewhere.nexus('verify', 'heartbeat.proof', '--vkey', 'log.pub');
    expect(checked.code).toBe(0);
    expect(checked.out).toContain(
      `number ${at} of 10 heartbeats at hall-3, from 2026-01-01T00:00:00.000Z to `,
    );
    expect(checked.out).toMatch(/\n\nAll 4 checks hold\.\n$/);
  }
});

test('a proof that was changed does not hold', async () => {
  const file = join(elsewhere.folder, 'wrong.proof');
  await desk.nexus('prove', cidOfRaw(heartbeats[0]?.payload ?? new Uint8Array()), '-o', file);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"index": 0', '"index": 1'));
  const { code, out } = await elsewhere.nexus('verify', 'wrong.proof', '--vkey', 'log.pub');
  expect([code, out]).toEqual([3, expect.stringContaining('the proof does not lead from heartbeat 1')]);
});

test('the log says who was silent; a heartbeat that is not kept is no record', async () => {
  expect((await desk.nexus('log', '--kind', 'heartbeat-interval')).out).toContain(
    '10 heartbeats of 2 nodes at hall-3 until 2026-01-01T00:01:00.000Z; silent: n-2',
  );
  const { code, err } = await desk.nexus('prove', cidOfRaw(Buffer.from('another')));
  expect([code, err]).toEqual([1, expect.stringContaining('the ledger has no such one')]);
});
