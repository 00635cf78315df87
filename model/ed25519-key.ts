/**
 * Ed25519 keys (RFC 8032) and signing by node:crypto. A public key is its 32 bytes, here and everywhere; a private key
 * is a KeyObject, which signs and is not printed by accident. In DER (RFC 8410) fixed bytes stand before a key:
 *
 *     SubjectPublicKeyInfo   302a300506032b6570032100 || public key (32)
 *     PKCS #8                302e020100300506032b657004220420 || seed (32)
 *
 * Which signatures hold is said in ed25519.ts.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { NexusError } from './error';

export const publicKeySizeBytes = 32;
export const seedSizeBytes = 32;

const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** @param seed 32 secret bytes @throws NexusError `bad-key` */
export function signingKeyOfSeed(seed: Uint8Array): KeyObject {
  checkSize('seed', seed, seedSizeBytes);
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of a private key's public half. @throws NexusError `bad-key` */
export function publicKeyBytes(key: KeyObject): Uint8Array {
  const publicKey = parseSpki(createPublicKey(key).export({ format: 'der', type: 'spki' }));
  if (publicKey !== undefined) return publicKey;
  throw new NexusError('bad-key', `Cannot use a key of type "${key.asymmetricKeyType}": expected "ed25519"`);
}

/** @returns 64 bytes; the same key and message always give the same */
export function signEd25519(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, key));
}

/** SubjectPublicKeyInfo in DER, 44 bytes. Inverse: {@link parseSpki}. @throws NexusError `bad-key` */
export function formatSpki(publicKey: Uint8Array): Uint8Array {
  checkSize('public key', publicKey, publicKeySizeBytes);
  return new Uint8Array(Buffer.concat([spkiHead, publicKey]));
}

/** Inverse of {@link formatSpki}; undefined for other bytes. */
export function parseSpki(der: Uint8Array): Uint8Array | undefined {
  const isOurs =
    der.length === spkiHead.length + publicKeySizeBytes && spkiHead.equals(der.subarray(0, spkiHead.length));
  return isOurs ? new Uint8Array(der.subarray(spkiHead.length)) : undefined;
}

function checkSize(what: string, bytes: Uint8Array, sizeBytes: number): void {
  if (bytes.length === sizeBytes) return;
  throw new NexusError(
    'bad-key',
    `Cannot use an Ed25519 ${what} of ${bytes.length} bytes: expected ${sizeBytes}`,
  );
}
