/**
 * Inclusion proofs (RFC 6962 section 2.1.1) and consistency proofs (section 2.1.2): which subtrees a proof names, and
 * how it is checked (RFC 9162 sections 2.1.3.2 and 2.1.4.2).
 *
 * In the tree of 7 leaves drawn in tree.ts the proof for leaf 3 is [leaf 2, (1,0), x], from the leaf upwards, and the
 * proof that the tree of 7 extends the one of 3 is [leaf 2, leaf 3, (1,0), x].
 */
import { NexusError } from '../../../model';
import {
  areEqual,
  emptyRoot,
  foldSubtrees,
  type Hash,
  hashSizeBytes,
  nodeHash,
  subtreesOf,
  type TreeNode,
} from './tree';

/** Gives the hashes of perfect subtrees, in the order asked for. */
export type ReadNodes = (nodes: readonly TreeNode[]) => Promise<readonly Hash[]>;

interface Range {
  readonly from: number;
  readonly to: number;
}

/** No tree of 2^53 leaves has a longer proof. */
export const proofHashCountMax = 64;

/** The proof that leaf `index` stands in the tree of `size` leaves, nearest sibling first. */
export async function makeInclusionProof(index: number, size: number, read: ReadNodes): Promise<Hash[]> {
  if (!isSize(index) || !isSize(size) || index >= size)
    throw new NexusError('bad-proof-request', `Cannot prove entry ${index}: the tree has ${size} entries`);
  return readRanges(inclusionRanges(index, size), read);
}

/** The proof that the tree of `newSize` leaves begins with the one of `oldSize`. */
export async function makeConsistencyProof(
  oldSize: number,
  newSize: number,
  read: ReadNodes,
): Promise<Hash[]> {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize)
    throw new NexusError(
      'bad-proof-request',
      `Cannot prove that size ${newSize} extends ${oldSize}: it is smaller`,
    );
  return readRanges(consistencyRanges(oldSize, newSize), read);
}

async function readRanges(ranges: readonly Range[], read: ReadNodes): Promise<Hash[]> {
  const parts = ranges.map(({ from, to }) => subtreesOf(from, to));
  const hashes = await read(parts.flat());
  let at = 0;
  return parts.map(({ length }) => {
    at += length;
    return foldSubtrees(hashes.slice(at - length, at));
  });
}

/** PATH(index, D[0:size]). */
function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/** PROOF(oldSize, D[0:newSize]); the old tree itself is known to who checks, unless it is no subtree of the new. */
function consistencyRanges(oldSize: number, newSize: number): Range[] {
  if (oldSize === 0) return [];
  const ranges: Range[] = [];
  let [from, to] = [0, newSize];
  while (to !== oldSize) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** The largest power of two below a size of at least 2. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly root: Hash;
  readonly leaf: Hash;
  readonly proof: readonly Hash[];
}

/** RFC 9162 section 2.1.3.2. Takes anything and never throws. */
export function verifyInclusion({ index, size, root, leaf, proof }: InclusionClaim): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes([root, leaf, ...proof])) return false;
  let [position, last, hash] = [index, size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && areEqual(hash, root);
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly newSize: number;
  readonly newRoot: Hash;
  readonly proof: readonly Hash[];
}

/**
 * RFC 9162 section 2.1.4.2; any tree extends the empty one, by an empty proof. Of equal sizes only equality is asked,
 * whatever bytes the roots are: so do the public vectors. Takes anything and never throws.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim;
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) return false;
  if (oldSize === newSize && proof.length === 0 && oldSize > 0) return areEqual(oldRoot, newRoot);
  if (!areHashes([oldRoot, newRoot, ...proof])) return false;
  if (oldSize === 0) return proof.length === 0 && areEqual(oldRoot, emptyRoot) && isRootOf(newSize, newRoot);
  return oldSize < newSize && walkConsistency(claim);
}

const isRootOf = (size: number, root: Hash): boolean => size > 0 || areEqual(root, emptyRoot);

function walkConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: ConsistencyClaim): boolean {
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : [...proof];
  const first = path.shift();
  if (first === undefined) return false;
  let [position, last] = [oldSize - 1, newSize - 1];
  while (position % 2 === 1) [position, last] = [half(position), half(last)];
  let [older, newer] = [first, first];
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      older = nodeHash(sibling, older);
      newer = nodeHash(sibling, newer);
      while (position % 2 === 0 && position !== 0) [position, last] = [half(position), half(last)];
    } else {
      newer = nodeHash(newer, sibling);
    }
    [position, last] = [half(position), half(last)];
  }
  return last === 0 && areEqual(older, oldRoot) && areEqual(newer, newRoot);
}

const half = (value: number): number => Math.floor(value / 2);
const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isPowerOfTwo(value: number): boolean {
  return value === splitOf(value + 1);
}

function areHashes(hashes: readonly Hash[]): boolean {
  return hashes.length <= proofHashCountMax + 2 && hashes.every(({ length }) => length === hashSizeBytes);
}
