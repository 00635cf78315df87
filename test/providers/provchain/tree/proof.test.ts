import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  type Hash,
  leafHash,
  makeConsistencyProof,
  makeInclusionProof,
  nodeHash,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../../../providers/provchain';
import { perfectRoot, type TreeNode } from '../../../../providers/provchain/tree/tree';

interface Vector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string | null;
  readonly leafHash: string | null;
  readonly proof: readonly string[] | null;
  readonly desc: string;
  readonly wantErr: boolean;
}

const vectorFolder = join(__dirname, '../../../vectors/tlog/inclusion');
const vectorFiles = readdirSync(vectorFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.json'),
);

test('there are 98 public inclusion vectors', () => {
  expect(vectorFiles).toHaveLength(98);
});

test.each(vectorFiles)('inclusion vector %s', (name) => {
  const vector = JSON.parse(readFileSync(join(vectorFolder, name), 'utf8')) as Vector;
  const holds = verifyInclusion({
    index: vector.leafIdx,
    size: vector.treeSize,
    root: Buffer.from(vector.root ?? '', 'base64'),
    leaf: Buffer.from(vector.leafHash ?? '', 'base64'),
    proof: (vector.proof ?? []).map((hash) => Buffer.from(hash, 'base64')),
  });
  expect(holds).toBe(!vector.wantErr);
});

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string | null;
  readonly root2: string | null;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

const consistencyFolder = join(__dirname, '../../../vectors/tlog/consistency');
const consistencyFiles = readdirSync(consistencyFolder, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.json'),
);

test('there are 98 public consistency vectors, of which 6 hold', () => {
  expect(consistencyFiles).toHaveLength(98);
  const holding = consistencyFiles.filter((name) => !readConsistencyVector(name).wantErr);
  expect(holding).toHaveLength(6);
});

const readConsistencyVector = (name: string): ConsistencyVector =>
  JSON.parse(readFileSync(join(consistencyFolder, name), 'utf8'));

test.each(consistencyFiles)('consistency vector %s', (name) => {
  const { size1, size2, root1, root2, proof, wantErr } = readConsistencyVector(name);
  const holds = verifyConsistency({
    oldSize: size1,
    newSize: size2,
    oldRoot: Buffer.from(root1 ?? '', 'base64'),
    newRoot: Buffer.from(root2 ?? '', 'base64'),
    proof: (proof ?? []).map((hash) => Buffer.from(hash, 'base64')),
  });
  expect(holds).toBe(!wantErr);
});

/** RFC 6962 section 2.1 word by word. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  if (leaves.length <= 1) return leaves[0] ?? treeRoot([]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

const leaves = Array.from({ length: 300 }, (_, index) => leafHash(Buffer.from(String(index))));
const readNodes = async (nodes: readonly TreeNode[]): Promise<Hash[]> =>
  nodes.map(({ level, index }) => perfectRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)));
const rootOf = (size: number): Hash => treeRoot(leaves.slice(0, size));

test('the empty tree has the hash of nothing', () => {
  expect(Buffer.from(treeRoot([])).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

test('the root is that of RFC 6962 for every size up to 300', () => {
  for (let size = 0; size <= leaves.length; size += 1)
    expect(rootOf(size)).toEqual(naiveRoot(leaves.slice(0, size)));
});

test('every leaf of every tree up to 70 leaves has a proof that holds, and only for itself', async () => {
  for (let size = 1; size <= 70; size += 1)
    for (let index = 0; index < size; index += 1) {
      const proof = await makeInclusionProof(index, size, readNodes);
      const claim = { index, size, root: rootOf(size), leaf: leaves[index] ?? new Uint8Array(), proof };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, leaf: leaves[(index + 1) % 300] ?? new Uint8Array() })).toBe(false);
      expect(verifyInclusion({ ...claim, index: (index + 1) % Math.max(size, 2) })).toBe(false);
    }
});

test('every tree up to 70 leaves is proved to extend every smaller one', async () => {
  for (let newSize = 0; newSize <= 70; newSize += 1)
    for (let oldSize = 0; oldSize <= newSize; oldSize += 1) {
      const proof = await makeConsistencyProof(oldSize, newSize, readNodes);
      const claim = { oldSize, oldRoot: rootOf(oldSize), newSize, newRoot: rootOf(newSize), proof };
      expect(verifyConsistency(claim)).toBe(true);
      expect(verifyConsistency({ ...claim, oldRoot: rootOf(oldSize + 1) })).toBe(false);
      expect(verifyConsistency({ ...claim, newRoot: rootOf(newSize + 1) })).toBe(
        oldSize === 0 && newSize > 0,
      );
      expect(verifyConsistency({ ...claim, proof: [...proof, rootOf(3)] })).toBe(false);
      if (proof.length > 0) expect(verifyConsistency({ ...claim, proof: proof.slice(1) })).toBe(false);
    }
});

test('a proof with one bit flipped does not hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 300 }),
      fc.nat(),
      fc.nat(),
      async (size, indexSeed, bitSeed) => {
        const index = indexSeed % size;
        const proof = await makeInclusionProof(index, size, readNodes);
        const bit = bitSeed % (proof.length * 256);
        const broken = proof.map((hash, at) => (at === bit >> 8 ? flip(hash, bit & 255) : hash));
        const claim = {
          index,
          size,
          root: rootOf(size),
          leaf: leaves[index] ?? new Uint8Array(),
          proof: broken,
        };
        expect(verifyInclusion(claim)).toBe(false);
      },
    ),
  );
});

function flip(hash: Hash, bit: number): Hash {
  const copy = hash.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

test('sizes beyond 2^32 work, and what is no size is refused', () => {
  const [left = new Uint8Array(), right = new Uint8Array()] = leaves;
  const size = 2 ** 40 + 1;
  expect(
    verifyInclusion({ index: 2 ** 40, size, root: nodeHash(left, right), leaf: right, proof: [left] }),
  ).toBe(true);
  for (const index of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])
    expect(verifyInclusion({ index, size, root: left, leaf: left, proof: [] })).toBe(false);
});

test('a proof for an entry that does not exist is refused with its reason', async () => {
  await expect(makeInclusionProof(7, 7, readNodes)).rejects.toThrow(
    'Cannot prove entry 7: the tree has 7 entries',
  );
  await expect(makeConsistencyProof(8, 7, readNodes)).rejects.toThrow('it is smaller');
});
