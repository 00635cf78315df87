/**
 * What the sessions take from node:crypto: X25519 (RFC 7748), HKDF-SHA-256 (RFC 5869), ChaCha20-Poly1305 (RFC 8439).
 * Keys and messages are bytes, as on the wire. In DER (RFC 8410) fixed bytes stand before an X25519 key:
 *
 *     SubjectPublicKeyInfo   302a300506032b656e032100 || public key (32)
 *     PKCS #8                302e020100300506032b656e04220420 || private key (32)
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
} from 'node:crypto';

const spkiHead = Buffer.from('302a300506032b656e032100', 'hex');
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');
const aead = 'chacha20-poly1305';
const authTagLength = 16;

const privateKeyOf = (bytes: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([pkcs8Head, bytes]), format: 'der', type: 'pkcs8' });

/** @param privateKey 32 bytes @returns 32 bytes */
export function x25519Public(privateKey: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyOf(privateKey)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(spkiHead.length));
}

/** The shared secret, 32 bytes; undefined for a public key of small order, which would make it zero. */
export function x25519Shared(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  const key = Buffer.concat([spkiHead, publicKey]);
  try {
    const other = createPublicKey({ key, format: 'der', type: 'spki' });
    const shared = diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey: other });
    return shared.some((byte) => byte !== 0) ? new Uint8Array(shared) : undefined;
  } catch {
    return undefined;
  }
}

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
};

/** HKDF-Extract. */
export const hkdfExtract = (salt: Uint8Array, secret: Uint8Array): Uint8Array => hmac(salt, secret);

/** HKDF-Expand to 32 bytes, which is its first block: HMAC(secret, label || 01). */
export const hkdfExpand = (secret: Uint8Array, label: string): Uint8Array =>
  hmac(secret, Buffer.from(label, 'ascii'), Uint8Array.of(1));

/** Ciphertext and tag. Inverse: {@link open}. @param key 32 bytes @param nonce 12 bytes */
export function seal(key: Uint8Array, nonce: Uint8Array, header: Uint8Array, plain: Uint8Array): Uint8Array {
  const cipher = createCipheriv(aead, key, nonce, { authTagLength });
  cipher.setAAD(header, { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Inverse of {@link seal}; undefined when the tag is not right. */
export function open(
  key: Uint8Array,
  nonce: Uint8Array,
  header: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv(aead, key, nonce, { authTagLength });
  decipher.setAAD(header, { plaintextLength: sealed.length - authTagLength });
  decipher.setAuthTag(sealed.subarray(-authTagLength));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -authTagLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}
