/**
 * The hash tree of dm-verity, format 1: the kernel checks each block of the root disk that it reads against it.
 * https://docs.kernel.org/admin-guide/device-mapper/verity.html
 *
 *     disk    data, zeros up to 4,096 bytes; the tree's levels, that of one block first
 *     level   the SHA-256 of each block of the level below, 128 in a block, zeros up to its end
 *     root    the SHA-256 of the first level's block
 *
 * No salt: nobody gains from guessing at blocks that are public. No header: the image's manifest has what it would say.
 */
import { sha256 } from '../../../model';

export const verityBlockSizeBytes = 4096;
const digestSizeBytes = 32;

export interface HashTree {
  /** SHA-256, 32 bytes. */
  readonly rootHash: Uint8Array;
  readonly dataBlocks: number;
  /** What stands behind the data, padding included. */
  readonly bytes: Uint8Array;
}

/** @param data at least one byte, in pieces of any size */
export async function hashTreeOf(data: AsyncIterable<Uint8Array>): Promise<HashTree> {
  const { digests, sizeBytes } = await hashBlocks(data);
  const dataBlocks = digests.length / digestSizeBytes;
  const levels: Uint8Array[] = [];
  let below = digests;
  while (below.length > digestSizeBytes) {
    const level = padded(below);
    levels.unshift(level);
    below = Buffer.concat(blocksOf(level).map((block) => sha256(block)));
  }
  const padding = new Uint8Array(dataBlocks * verityBlockSizeBytes - sizeBytes);
  return { rootHash: new Uint8Array(below), dataBlocks, bytes: Buffer.concat([padding, ...levels]) };
}

async function hashBlocks(data: AsyncIterable<Uint8Array>): Promise<{ digests: Buffer; sizeBytes: number }> {
  const digests: Uint8Array[] = [];
  let rest = Buffer.alloc(0);
  let sizeBytes = 0;
  for await (const piece of data) {
    sizeBytes += piece.length;
    const whole = Buffer.concat([rest, piece]);
    const end = whole.length - (whole.length % verityBlockSizeBytes);
    for (const block of blocksOf(whole.subarray(0, end))) digests.push(sha256(block));
    rest = whole.subarray(end);
  }
  if (rest.length > 0) digests.push(sha256(padded(rest)));
  return { digests: Buffer.concat(digests), sizeBytes };
}

function blocksOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / verityBlockSizeBytes }, (_, index) =>
    bytes.subarray(index * verityBlockSizeBytes, (index + 1) * verityBlockSizeBytes),
  );
}

function padded(bytes: Uint8Array): Buffer {
  const blocks = Math.ceil(bytes.length / verityBlockSizeBytes);
  return Buffer.concat([bytes], blocks * verityBlockSizeBytes);
}
