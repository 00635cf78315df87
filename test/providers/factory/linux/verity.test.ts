import fc from 'fast-check';
import { sha256 } from '../../../../model';
import { hashTreeOf } from '../../../../providers/factory/linux/verity';

async function* pieces(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

/** As the kernel's document says it, from the root down: the hash of a block must stand in the level above. */
function isVerified(disk: Uint8Array, rootHash: Uint8Array, dataBlocks: number, index: number): boolean {
  const block = (at: number): Uint8Array => disk.subarray(at * 4096, at * 4096 + 4096);
  const counts = [dataBlocks];
  while ((counts.at(-1) ?? 0) > 1) counts.push(Math.ceil((counts.at(-1) ?? 0) / 128));
  const levels = counts.slice(1);
  let expected = rootHash;
  let start = dataBlocks;
  for (let level = levels.length - 1; level >= 0; level -= 1) {
    const at = Math.floor(index / 128 ** (level + 1));
    if (Buffer.compare(sha256(block(start + at)), expected) !== 0) return false;
    const slot = Math.floor(index / 128 ** level) % 128;
    expected = block(start + at).subarray(slot * 32, slot * 32 + 32);
    start += levels[level] ?? 0;
  }
  return Buffer.compare(sha256(block(index)), expected) === 0;
}

test('every block is verified by the tree, and none with a flipped bit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4096 * 300 }),
      fc.integer({ min: 1, max: 9000 }),
      fc.nat(),
      async (sizeBytes, pieceSizeBytes, seed) => {
        const data = Buffer.alloc(sizeBytes, `${seed} `);
        const { rootHash, dataBlocks, bytes } = await hashTreeOf(pieces(data, pieceSizeBytes));
        const disk = Buffer.concat([data, bytes]);
        const index = seed % dataBlocks;
        expect([disk.length % 4096, dataBlocks]).toEqual([0, Math.ceil(sizeBytes / 4096)]);
        expect(isVerified(disk, rootHash, dataBlocks, index)).toBe(true);
        disk[index * 4096] = (disk[index * 4096] ?? 0) ^ 1;
        expect(isVerified(disk, rootHash, dataBlocks, index)).toBe(false);
      },
    ),
    { numRuns: 25 },
  );
});

test('the tree of a known disk has a known root', async () => {
  const { rootHash, dataBlocks } = await hashTreeOf(pieces(Buffer.alloc(4096 * 129, 1), 5000));
  expect([Buffer.from(rootHash).toString('hex'), dataBlocks]).toMatchInlineSnapshot(`
    [
      "8082ab882175708afae4c75246e2d0f9629100c6b4284538d92586ae1af451d1",
      129,
    ]
  `);
});
