/**
 * Whose signature covers what in an apk v3: a signature block covers the ADB block before it, and the ADB names the
 * SHA-256 of each file's content.
 *
 *      0 version, 0          1 hash of the ADB block: 3 SHA-256, 4 SHA-512
 *      2 key: the first 16 bytes of the SHA-512 of the public key (RSA: PKCS #1 in DER; EC: the point)
 *     18 signature with SHA-512 over: schema, these 18 bytes, that hash
 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import { badSignature } from '../signature/failure';
import type { NamedKey } from '../signature/pem';
import type { Schema } from './blocks';

const headSizeBytes = 18;
const hashes: Readonly<Record<number, string>> = { 3: 'sha256', 4: 'sha512' };

/** @throws NexusError `bad-signature` unless one signature is good and by one of the keys */
export function checkAdbSignatures(
  adb: Uint8Array,
  schema: Schema,
  signatures: readonly Uint8Array[],
  keys: readonly NamedKey[],
  name: string,
): void {
  if (signatures.some((signature) => keys.some(({ key }) => isSignedBy(key, adb, schema, signature)))) return;
  throw badSignature(
    name,
    keys.map((each) => each.name),
    signatures.length === 0 ? 'no signature in it' : 'no good signature by a known key',
  );
}

function isSignedBy(key: KeyObject, adb: Uint8Array, schema: Schema, signature: Uint8Array): boolean {
  const head = signature.subarray(0, headSizeBytes);
  const hash = hashes[head[1] ?? 0];
  if (signature.length <= headSizeBytes || head[0] !== 0 || hash === undefined) return false;
  if (!keyIdentifier(key).equals(head.subarray(2))) return false;
  const signed = Buffer.concat([Buffer.from(schema, 'latin1'), head, createHash(hash).update(adb).digest()]);
  return verify('sha512', signed, key, signature.subarray(headSizeBytes));
}

/** How a signature names its key. */
export function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha512').update(publicKeyBytes(key)).digest().subarray(0, 16);
}

function publicKeyBytes(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'der' });
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}
