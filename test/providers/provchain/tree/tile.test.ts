import * as fc from 'fast-check';
import {
  formatBundle,
  formatPack,
  parseBundle,
  parsePack,
} from '../../../../providers/provchain/formats/bundle';
import { extendLog } from '../../../../providers/provchain/log/extend';
import {
  formatTileIndex,
  formatTilePath,
  parseTileIndex,
  parseTilePath,
  tileAt,
} from '../../../../providers/provchain/tree/tile';
import { leafHash, treeRoot } from '../../../../providers/provchain/tree/tree';
import { VerifiedTree } from '../../../../providers/provchain/tree/verified-tree';

test('paths are those of the specification', () => {
  expect(formatTileIndex(1234067)).toBe('x001/x234/067');
  expect(formatTileIndex(0)).toBe('000');
  expect(formatTilePath({ level: 0, index: 273, width: 112 })).toBe('tile/0/273.p/112');
  expect(formatTilePath({ level: 'entries', index: 999, width: 256 })).toBe('tile/entries/999');
});

test('a tree of 70,000 has the tiles that the specification names', () => {
  const lasts = [0, 1, 2, 3].map((level) => [
    tileAt(level, Math.floor(70_000 / 256 ** (level + 1)), 70_000)?.width,
    tileAt(level, 0, 70_000)?.width,
  ]);
  expect(lasts).toEqual([
    [112, 256],
    [17, 256],
    [1, 1],
    [undefined, undefined],
  ]);
  expect(tileAt(0, 274, 70_000)).toBeUndefined();
});

test('paths are read back, and only canonical ones', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 6 }),
      fc.nat({ max: 2 ** 40 }),
      fc.integer({ min: 1, max: 256 }),
      (level, index, width) => {
        expect(parseTilePath(formatTilePath({ level, index, width }))).toEqual({ level, index, width });
        expect(parseTileIndex(formatTileIndex(index))).toBe(index);
      },
    ),
  );
  for (const path of [
    'tile/0/00',
    'tile/0/x000/001',
    'tile/00/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/7/001',
    'tile/0/001.p/01',
    'tile/0/001/',
    'tile/0/1x1',
  ])
    expect(parseTilePath(path)).toBeUndefined();
});

test('the bundle of "a" and "bc" is the one of the documentation', () => {
  expect(Buffer.from(formatBundle([Buffer.from('a'), Buffer.from('bc')])).toString('hex')).toBe(
    '00016100026263',
  );
});

test('bundles and packs are written and read back', () => {
  const items = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
  fc.assert(
    fc.property(items, (entries) => {
      expect(parseBundle(formatBundle(entries), entries.length)).toEqual(entries);
      expect(parsePack(formatPack(entries))).toEqual(entries);
      expect(parseBundle(formatBundle(entries), entries.length + 1)).toBeUndefined();
    }),
  );
});

test('bytes from anywhere are a bundle or are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const entries = parseBundle(bytes);
      if (entries !== undefined) expect(formatBundle(entries)).toEqual(bytes);
    }),
  );
});

/** A log in memory, grown in steps. */
async function grow(
  steps: readonly number[],
): Promise<{ files: Map<string, Uint8Array>; size: number; root: Uint8Array; leaves: Uint8Array[] }> {
  const files = new Map<string, Uint8Array>();
  const leaves: Uint8Array[] = [];
  let tree = new VerifiedTree({ size: 0, root: treeRoot([]) }, async (path) => files.get(path));
  for (const step of steps) {
    const records = Array.from({ length: step }, (_, at) => ({
      leaf: Buffer.from(`${leaves.length + at}`),
      payload: new Uint8Array(),
    }));
    const entries = leaves.slice(leaves.length - (leaves.length % 256));
    const edge = { size: leaves.length, hashes: await tree.edge(), entries, payloads: undefined };
    const extension = extendLog(edge, records);
    expect(extension.edge.entries).toEqual(
      [...entries, ...records.map(({ leaf }) => leaf)].slice(
        -(extension.size % 256) || Number.POSITIVE_INFINITY,
      ),
    );
    for (const { path, bytes } of extension.files) files.set(path, bytes);
    leaves.push(...records.map(({ leaf }) => leaf));
    tree = new VerifiedTree(extension, async (path) => files.get(path));
  }
  return { files, size: tree.size, root: tree.root, leaves };
}

test('however a log grew, its root is that of its leaves, and all subtrees come out of the tiles', async () => {
  const steps = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (counts, at) => {
      const { files, size, root, leaves } = await grow(counts);
      const hashes = leaves.map(leafHash);
      expect(root).toEqual(treeRoot(hashes));
      const tree = new VerifiedTree({ size, root }, async (path) => files.get(path));
      expect(await tree.rootAt(at % (size + 1))).toEqual(treeRoot(hashes.slice(0, at % (size + 1))));
    }),
    { numRuns: 25 },
  );
});

test('a log of 65,793 entries reaches level 2, and its tiles do not depend on the steps', async () => {
  const inSteps = await grow([65_000, 536, 1, 256]);
  const atOnce = await grow([65_793]);
  expect(inSteps.root).toEqual(atOnce.root);
  expect([...atOnce.files.keys()].filter((path) => /^tile\/[12]/.test(path))).toEqual([
    'tile/1/000',
    'tile/1/001.p/1',
    'tile/2/000.p/1',
  ]);
  const tiles = [...atOnce.files].filter(([path]) => path.startsWith('tile/'));
  for (const [path, bytes] of tiles) expect(inSteps.files.get(path)).toEqual(bytes);
});

test('a flipped bit in any tile is found when the tile is read', async () => {
  const { files, size, root } = await grow([700]);
  for (const path of ['tile/0/000', 'tile/0/001', 'tile/0/002.p/188', 'tile/1/000.p/2']) {
    const changed = files.get(path)?.slice() ?? new Uint8Array();
    changed[40] = (changed[40] ?? 0) ^ 4;
    const tree = new VerifiedTree({ size, root }, async (name) =>
      name === path ? changed : files.get(name),
    );
    await expect(tree.nodes([0, 300, 600].map((index) => ({ level: 0, index })))).rejects.toThrow(
      "Cannot trust the ledger's",
    );
  }
});

test('a full tile serves for a partial one that was removed', async () => {
  const { files } = await grow([300]);
  const half = await grow([100]);
  const tree = new VerifiedTree(half, async (path) =>
    path === 'tile/0/000.p/100' ? undefined : files.get(path),
  );
  expect(await tree.edge()).toHaveLength(1);
});
