/**
 * Merkle trees, RFC 6962 section 2.1, over SHA-256.
 *
 *     leaf  = SHA-256(0x00 || entry)
 *     node  = SHA-256(0x01 || left || right)
 *     empty = SHA-256("")
 *
 * A tree of n leaves splits at the largest power of two below n. So it falls apart into perfect subtrees, the largest
 * to the left; a tree of 7 leaves has those of 4, 2 and 1, and its root is node(4, node(2, 1)):
 *
 *             root
 *           /      \
 *        (2,0)      x           (level, index): the perfect subtree over the leaves
 *        /   \     /  \         [index · 2^level, (index + 1) · 2^level)
 *     (1,0)(1,1)(1,2)(0,6)
 *      0 1  2 3  4 5   6
 *
 * Sizes are whole numbers up to 2^53 - 1, so arithmetic is by division, never by bit operations of 32 bits.
 */
import { hash } from 'node:crypto';

/** 32 bytes. */
export type Hash = Uint8Array;
export const hashSizeBytes = 32;

const leafPrefix = Buffer.from([0x00]);
const nodePrefix = Buffer.from([0x01]);

export function leafHash(entry: Uint8Array): Hash {
  return digest(Buffer.concat([leafPrefix, entry]));
}

export function nodeHash(left: Hash, right: Hash): Hash {
  return digest(Buffer.concat([nodePrefix, left, right]));
}

/** The one-shot function, and its answer as text: for 65 bytes that takes a third of createHash's time. */
function digest(bytes: Buffer): Hash {
  return new Uint8Array(Buffer.from(hash('sha256', bytes, 'binary'), 'latin1'));
}

export const emptyRoot: Hash = digest(Buffer.alloc(0));

export function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** A perfect subtree. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/**
 * The perfect subtrees of the leaves [from, to), left to right. `from` is 0 or the split of a tree that holds `to`:
 * then the subtrees get smaller to the right, as {@link foldSubtrees} wants them.
 */
export function subtreesOf(from: number, to: number): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let start = from; start < to; ) {
    let level = 0;
    let width = 1;
    while (start % (width * 2) === 0 && start + width * 2 <= to) {
      level += 1;
      width *= 2;
    }
    nodes.push({ level, index: start / width });
    start += width;
  }
  return nodes;
}

/** The root over the subtrees of {@link subtreesOf}. */
export function foldSubtrees(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return emptyRoot;
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The root over 2^k hashes. */
export function perfectRoot(hashes: readonly Hash[]): Hash {
  return perfectRootOf(Buffer.concat(hashes));
}

/** What was made of two hashes last, while the left one is in use. */
const parents = new WeakMap<Hash, { readonly right: Hash; readonly parent: Hash }>();

/** {@link perfectRoot}, remembering each node: of a growing tile most stay what they were. */
export function rememberedRoot(hashes: readonly Hash[]): Hash {
  let level = hashes;
  while (level.length > 1)
    level = Array.from({ length: level.length / 2 }, (_, at) =>
      rememberedNode(level[2 * at] as Hash, level[2 * at + 1] as Hash),
    );
  return level[0] as Hash;
}

function rememberedNode(left: Hash, right: Hash): Hash {
  const known = parents.get(left);
  if (known?.right === right) return known.parent;
  const parent = nodeHash(left, right);
  parents.set(left, { right, parent });
  return parent;
}

/** The root over 2^k hashes that follow each other in memory. */
export function perfectRootOf(hashes: Uint8Array): Hash {
  const level = Buffer.from(hashes);
  const node = Buffer.alloc(1 + 2 * hashSizeBytes, nodePrefix);
  for (let sizeBytes = level.length; sizeBytes > hashSizeBytes; sizeBytes /= 2)
    for (let at = 0; at < sizeBytes; at += 2 * hashSizeBytes) {
      level.copy(node, 1, at, at + 2 * hashSizeBytes);
      level.write(hash('sha256', node, 'binary'), at / 2, 'latin1');
    }
  return new Uint8Array(level.subarray(0, hashSizeBytes));
}

/** The root over any number of leaf hashes. */
export function treeRoot(leaves: readonly Hash[]): Hash {
  const roots = subtreesOf(0, leaves.length).map(({ level, index }) =>
    perfectRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
  );
  return foldSubtrees(roots);
}
