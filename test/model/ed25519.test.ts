import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  formatSpki,
  isPublicKeyAdmitted,
  parseSpki,
  publicKeyBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
  verifyEd25519,
} from '../../model';
import { verifyByPoints } from './_ed25519-by-points';

interface Vector {
  readonly number: number;
  readonly key: string;
  readonly sig: string;
  readonly msg: string;
  readonly flags: readonly string[] | null;
}

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

const file = join(__dirname, '../vectors/ed25519/cctv.json.gz');
const vectors = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Vector[];

const verdictOf = ({ key, sig, msg }: Vector): boolean =>
  verifyEd25519(Buffer.from(key, 'hex'), Buffer.from(msg), Buffer.from(sig, 'hex'));

test('the 914 edge cases of C2SP/CCTV have the verdicts of the rule', () => {
  const wrong = vectors.filter(
    (vector) =>
      verdictOf(vector) !==
      verifyByPoints(Buffer.from(vector.key, 'hex'), Buffer.from(vector.msg), Buffer.from(vector.sig, 'hex')),
  );
  expect(vectors).toHaveLength(914);
  expect(wrong).toEqual([]);
});

test('the edge cases that pass are pinned, for the other implementations of the rule', () => {
  const accepted = vectors.filter(verdictOf).map(({ number }) => number);
  const digest = createHash('sha256').update(accepted.join(',')).digest('hex');
  expect({ count: accepted.length, digest }).toMatchInlineSnapshot(`
    {
      "count": 86,
      "digest": "a6ab10812254c9079f568c287ad37b0d4a8f7219ce7351575b2b4b8d02808aa6",
    }
  `);
});

test('no key of small order and no encoding that is not canonical passes', () => {
  const passed = vectors.filter(verdictOf).flatMap(({ flags }) => flags ?? []);
  for (const flag of ['low_order_A', 'non_canonical_A', 'non_canonical_R'])
    expect(passed).not.toContain(flag);
});

test('a signature passes, and with any one bit of key, message or signature flipped does not', () => {
  const key = signingKeyOfSeed(sha256(Buffer.from('seed')));
  const publicKey = publicKeyBytes(key);
  const message = Buffer.concat([sha256(Buffer.from('message')), Buffer.alloc(8)]);
  const signature = signEd25519(key, message);
  expect(verifyEd25519(publicKey, message, signature)).toBe(true);
  for (let bit = 0; bit < 64 * 8; bit += 1)
    expect(verifyEd25519(publicKey, message, flip(signature, bit))).toBe(false);
  for (let bit = 0; bit < 40 * 8; bit += 1)
    expect(verifyEd25519(publicKey, flip(message, bit), signature)).toBe(false);
  for (let bit = 0; bit < 32 * 8; bit += 1)
    expect(verifyEd25519(flip(publicKey, bit), message, signature)).toBe(false);
});

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** RFC 8032 section 7.1, TEST 2. */
const vector = {
  seed: bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  publicKey: bytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'),
  message: bytes('72'),
  signature: bytes(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ),
};

test('the vector of RFC 8032 comes out', () => {
  const key = signingKeyOfSeed(vector.seed);
  expect(publicKeyBytes(key)).toEqual(vector.publicKey);
  expect(signEd25519(key, vector.message)).toEqual(vector.signature);
});

test('a signature holds for its message and key only, and bytes of a wrong length are an invalid one', () => {
  const { publicKey, message, signature } = vector;
  expect(verifyEd25519(publicKey, message, signature)).toBe(true);
  expect(verifyEd25519(publicKey, bytes('73'), signature)).toBe(false);
  expect(verifyEd25519(publicKey, message, signature.subarray(1))).toBe(false);
  expect(verifyEd25519(publicKey.subarray(1), message, signature)).toBe(false);
  expect(verifyEd25519(new Uint8Array(32).fill(255), message, signature)).toBe(false);
  expect(isPublicKeyAdmitted(new Uint8Array(33))).toBe(false);
});

test('a key goes into SubjectPublicKeyInfo and back', () => {
  const { publicKey } = vector;
  expect(parseSpki(formatSpki(publicKey))).toEqual(publicKey);
  expect(parseSpki(formatSpki(publicKey).subarray(1))).toBeUndefined();
});

test('keys of another size or algorithm are refused', () => {
  expect(() => signingKeyOfSeed(new Uint8Array(31))).toThrow('Cannot use an Ed25519 seed of 31 bytes');
  expect(() => formatSpki(new Uint8Array(33))).toThrow('Cannot use an Ed25519 public key of 33 bytes');
  const { privateKey } = generateKeyPairSync('ed448');
  expect(() => publicKeyBytes(privateKey)).toThrow('Cannot use a key of type "ed448": expected "ed25519"');
});
