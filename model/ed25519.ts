/**
 * Ed25519 (RFC 8032) with the one rule of verification that all parts of the system follow. RFC 8032 leaves edge cases
 * open, and libraries differ on them; what one part accepts, all must accept. A signature (R, S) of 64 bytes over M
 * by the key A of 32 bytes is valid when all of these hold:
 *
 *   1. S, read as a little-endian number, is below L = 2^252 + 27742317777372353535851937790883648493.
 *   2. A is a canonical encoding: y < p = 2^255 - 19, and not the sign bit set where x = 0; it decodes to a point.
 *   3. A is not of small order: 8·A is not the identity.
 *   4. R is a canonical encoding of a point, in the sense of 2. R may have small order: who signs chooses R.
 *   5. S·B = R + SHA-512(R || A || M)·A, without the cofactor 8. The hash takes R and A as they stand.
 *
 * 1 to 3 and the canonical half of 4 are checked here; node:crypto then decodes A and checks 5 by encoding S·B - k·A
 * and comparing it with R byte by byte, which is why an R that is no point cannot pass. Honest signers never meet
 * the difference to other rules. C2SP/CCTV's 914 edge cases pin the verdicts: `test/model/ed25519.test.ts`.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { formatSpki, publicKeySizeBytes } from './ed25519-key';

export const signatureSizeBytes = 64;

const p = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const yOfOrder8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
/** y of the eight points of small order: orders 4, 1, 2 and twice 8. Their x is 0 or comes with both signs. */
const smallOrderYs: ReadonlySet<bigint> = new Set([0n, 1n, p - 1n, yOfOrder8, p - yOfOrder8]);

/** Whether the bytes are a public key that rules 2 and 3 admit; that they decode to a point is seen at verification. */
export function isPublicKeyAdmitted(publicKey: Uint8Array): boolean {
  return (
    publicKey.length === publicKeySizeBytes && isCanonical(publicKey) && !smallOrderYs.has(yOf(publicKey))
  );
}

/** The rule of this file. Never throws: bytes of a wrong length are an invalid signature. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== signatureSizeBytes || !isPublicKeyAdmitted(publicKey)) return false;
  if (!isCanonical(signature.subarray(0, 32)) || littleEndian(signature.subarray(32)) >= order) return false;
  try {
    return verify(null, message, keyObjectOf(publicKey), signature);
  } catch {
    return false;
  }
}

const yOf = (point: Uint8Array): bigint => BigInt.asUintN(255, littleEndian(point));

function isCanonical(point: Uint8Array): boolean {
  const y = yOf(point);
  const isSignSet = ((point[31] ?? 0) & 0x80) !== 0;
  const isXZero = y === 1n || y === p - 1n;
  return y < p && !(isXZero && isSignSet);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** Parsing a key costs as much as verifying a signature, so the last ones used are kept. */
const keyObjectsMax = 512;
const keyObjects = new Map<string, KeyObject>();

function keyObjectOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('latin1');
  const known = keyObjects.get(name);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.from(formatSpki(publicKey)), format: 'der', type: 'spki' });
  const [oldest] = keyObjects.keys();
  if (keyObjects.size >= keyObjectsMax && oldest !== undefined) keyObjects.delete(oldest);
  keyObjects.set(name, key);
  return key;
}
