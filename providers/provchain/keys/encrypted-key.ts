/**
 * A private key under a passphrase: EncryptedPrivateKeyInfo (RFC 5958) with PBES2 (RFC 8018), the key from scrypt
 * (RFC 7914), the cipher AES-256-CBC. `openssl pkey` and node:crypto open it; node:crypto writes only PBKDF2 with 2,048
 * rounds, so the few bytes of DER are written here.
 *
 *     SEQUENCE { SEQUENCE { pbes2, SEQUENCE {
 *       SEQUENCE { scrypt, SEQUENCE { salt (16), N = 16384, r = 8, p = 5 } },
 *       SEQUENCE { aes-256-cbc, iv (16) } } }, OCTET STRING ciphertext }
 *
 * The cost is OWASP's for scrypt at 16 MiB, the most memory that OpenSSL lends such a key.
 */
import { createCipheriv, type KeyObject, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Random } from './key';

const cost = { N: 16_384, r: 8, p: 5 } as const;
const derivedKeySizeBytes = 32;
const blockSizeBytes = 16;

const objectIds = {
  pbes2: '2a864886f70d01050d',
  scrypt: '2b06010401da47040b',
  aes256Cbc: '60864801650304012a',
} as const;

/** The key in PEM. Inverse: `parsePrivateKey` of key-file.ts with the passphrase. */
export async function encryptPrivateKey(key: KeyObject, passphrase: string, random: Random): Promise<string> {
  const [salt, iv] = [random(blockSizeBytes), random(blockSizeBytes)];
  const derived = await deriveKey(passphrase, salt);
  const cipher = createCipheriv('aes-256-cbc', derived, iv);
  const plain = key.export({ format: 'der', type: 'pkcs8' });
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()]);
  const numbers = [cost.N, cost.r, cost.p].map(integer);
  const derivation = sequence(objectId(objectIds.scrypt), sequence(octets(salt), ...numbers));
  const encryption = sequence(objectId(objectIds.aes256Cbc), octets(iv));
  const algorithm = sequence(objectId(objectIds.pbes2), sequence(derivation, encryption));
  const base64 = sequence(algorithm, octets(ciphertext)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines.join('\n')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
}

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number }, Buffer>(scrypt);

function deriveKey(passphrase: string, salt: Uint8Array): Promise<Buffer> {
  return derive(passphrase, salt, derivedKeySizeBytes, cost);
}

/** DER: tag, length, content. Nothing here is longer than 255 bytes. */
function element(tag: number, content: Uint8Array): Buffer {
  const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, Buffer.concat(parts));
const octets = (content: Uint8Array): Buffer => element(0x04, content);
const objectId = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));

/** A positive number, big-endian, with a zero in front where it would else look negative. */
function integer(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}
