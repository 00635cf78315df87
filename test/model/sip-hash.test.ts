import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellId, sipHash128 } from '../../model';

interface Vectors {
  readonly key: string;
  readonly vectors: readonly string[];
}
const { key, vectors } = JSON.parse(
  readFileSync(join(__dirname, '../vectors/siphash/sip128.json'), 'utf8'),
) as Vectors;

test('all 64 public vectors of SipHash-2-4-128 come out', () => {
  const hashes = vectors.map((_, length) =>
    Buffer.from(
      sipHash128(
        Buffer.from(key, 'hex'),
        Uint8Array.from({ length }, (_, i) => i),
      ),
    ).toString('hex'),
  );
  expect(vectors).toHaveLength(64);
  expect(hashes).toEqual(vectors);
});

test('data at an odd offset of its buffer hashes as a copy of it', () => {
  const buffer = Uint8Array.from({ length: 40 }, (_, i) => i);
  expect(sipHash128(Buffer.from(key, 'hex'), buffer.subarray(3, 30))).toEqual(
    sipHash128(Buffer.from(key, 'hex'), buffer.slice(3, 30)),
  );
});

test('a CellID is the hash of the public key in hex', () => {
  const publicKey = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(cellId(Buffer.from(key, 'hex'), publicKey)).toBe(vectors[32]);
});

test('a key of another size is refused', () => {
  expect(() => sipHash128(new Uint8Array(15), new Uint8Array())).toThrow(
    'Cannot use a SipHash key of 15 bytes',
  );
  expect(() => cellId(new Uint8Array(16), new Uint8Array(31))).toThrow('Cannot use a public key of 31 bytes');
});
