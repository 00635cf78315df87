/**
 * Ed25519 (RFC 8032) by node:crypto, with keys as they stand on the wire: 32 bytes of seed, 32 of public key. The
 * fixed bytes before them make the DER forms that node:crypto reads (RFC 8410).
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { NexusError } from './error';

const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

export const ed25519SignatureSizeBytes = 64;

/** @param seed 32 secret bytes */
export function signingKeyOfSeed(seed: Uint8Array): KeyObject {
  checkSize('seed', seed);
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
}

/** @param publicKey 32 bytes; parsing costs as much as a verification, so keep the result */
export function verifyingKeyOfBytes(publicKey: Uint8Array): KeyObject {
  checkSize('public key', publicKey);
  return createPublicKey({ key: Buffer.concat([spkiHead, publicKey]), format: 'der', type: 'spki' });
}

/** The 32 bytes of a key's public half. */
export function publicKeyBytes(key: KeyObject): Uint8Array {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
}

export function signEd25519(key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, key));
}

/** Never throws: a signature of a wrong size and a key that is no point are just not valid. */
export function verifyEd25519(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === ed25519SignatureSizeBytes && verify(null, message, key, signature);
}

function checkSize(what: string, bytes: Uint8Array): void {
  if (bytes.length === 32) return;
  throw new NexusError('bad-key', `Cannot use an Ed25519 ${what} of ${bytes.length} bytes: expected 32`);
}
