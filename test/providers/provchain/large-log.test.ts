/**
 * A log of ten million entries that exists by formula: every group has the same 256 entries, so all full tiles of a
 * level are the same, and any file can be had at once. What is read of it is counted.
 */
import { madeRecord } from '../../../bench/made-log';
import { formatBundle, formatPack } from '../../../providers/provchain/formats/bundle';
import { signCheckpoint } from '../../../providers/provchain/formats/checkpoint';
import { readLedger } from '../../../providers/provchain/log/ledger';
import { LogView } from '../../../providers/provchain/log/log-view';
import { parsePackPath } from '../../../providers/provchain/storage/layout';
import type { LogSource } from '../../../providers/provchain/storage/storage';
import {
  makeConsistencyProof,
  makeInclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../../providers/provchain/tree/proof';
import { hashCountAt, joinHashes, parseTilePath, tileWidth } from '../../../providers/provchain/tree/tile';
import { type Hash, leafHash, perfectRoot } from '../../../providers/provchain/tree/tree';
import { rootOfEdge } from '../../../providers/provchain/tree/verified-tree';
import { deployer, logKey } from './simulation';

const size = 10_000_000;
const records = Array.from({ length: tileWidth }, (_, index) => madeRecord(index, deployer, true));
const leaves = records.map(({ leaf }) => leaf);
/** The 256 hashes of every full tile, by level. */
const levels: Hash[][] = [leaves.map(leafHash)];
for (let level = 1; hashCountAt(level, size) > 0; level += 1)
  levels.push(new Array<Hash>(tileWidth).fill(perfectRoot(levels[level - 1] ?? [])));

function rootAt(count: number): Hash {
  return rootOfEdge(levels.map((hashes, level) => hashes.slice(0, hashCountAt(level, count) % tileWidth)));
}

function fileOf(path: string): Uint8Array | undefined {
  if (path === 'checkpoint') return Buffer.from(signCheckpoint({ size, root: rootAt(size) }, logKey));
  if (parsePackPath(path)?.end === tileWidth) return formatPack(records.map(({ payload }) => payload));
  const tile = parseTilePath(path);
  if (tile === undefined) return undefined;
  if (tile.level === 'entries') return formatBundle(leaves.slice(0, tile.width));
  const isThere = tile.index * tileWidth + tile.width <= hashCountAt(tile.level, size);
  return isThere ? joinHashes((levels[tile.level] ?? []).slice(0, tile.width)) : undefined;
}

function counted(): { source: LogSource; paths: string[]; sizeBytes: () => number } {
  const paths: string[] = [];
  let sum = 0;
  const read: LogSource['read'] = async (path) => {
    const bytes = fileOf(path);
    paths.push(path);
    sum += bytes?.length ?? 0;
    return bytes;
  };
  return { source: { read }, paths, sizeBytes: () => sum };
}

const edge = ['tile/0/x039/062.p/128', 'tile/1/152.p/150', 'tile/2/000.p/152'];

test('opening reads the checkpoint, and nothing else', async () => {
  const { source, paths } = counted();
  expect((await readLedger(source, logKey).checkpoint()).size).toBe(size);
  expect(paths).toEqual(['checkpoint']);
});

test('an inclusion proof reads the last tile of each level, and one full tile on each level above the entry', async () => {
  const { source, paths, sizeBytes } = counted();
  const view = new LogView({ size, root: rootAt(size) }, source);
  const index = 5_000_000;
  const proof = await makeInclusionProof(index, size, view.tree.nodes);
  const leaf = leafHash(leaves[index % tileWidth] ?? new Uint8Array());
  expect(verifyInclusion({ index, size, root: rootAt(size), leaf, proof })).toBe(true);
  expect([...paths].sort()).toEqual([...edge, 'tile/0/x019/531', 'tile/1/076'].sort());
  expect(sizeBytes()).toBe((128 + 150 + 152 + 2 * 256) * 32);
});

test.each([1, 255, 256, 65_536, 4_567_890, 9_999_999])(
  'a consistency proof from size %d reads at most two tiles a level',
  async (oldSize) => {
    const { source, paths, sizeBytes } = counted();
    const root = rootAt(size);
    const view = new LogView({ size, root }, source);
    const proof = await makeConsistencyProof(oldSize, size, view.tree.nodes);
    const claim = { oldSize, oldRoot: rootAt(oldSize), newSize: size, newRoot: root, proof };
    expect(verifyConsistency(claim)).toBe(true);
    expect(paths.length).toBeLessThanOrEqual(2 * levels.length);
    expect(new Set(paths).size).toBe(paths.length);
    expect(sizeBytes()).toBeLessThanOrEqual(paths.length * 8192);
  },
);

test('one entry takes its bundle, its pack and the tiles above it', async () => {
  const { source, paths } = counted();
  const indexes: number[] = [];
  for await (const { index } of readLedger(source, logKey).entries({ from: 7_000_000, to: 7_000_001 }))
    indexes.push(index);
  expect(indexes).toEqual([7_000_000]);
  const group = 'x027/343';
  expect([...new Set(paths)].sort()).toEqual(
    [
      'checkpoint',
      `records/${group}`,
      ...edge,
      `tile/0/${group}`,
      'tile/1/106',
      `tile/entries/${group}`,
    ].sort(),
  );
});
