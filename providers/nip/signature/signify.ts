/**
 * signify(1), OpenBSD's signatures: two lines of text for key and signature alike, the first a comment that nobody has
 * signed, the second in base64. What is signed may follow below.
 *
 *     untrusted comment: openbsd-76-base public key
 *     base64("Ed" key-number[8] public-key[32])            a signature: base64("Ed" key-number[8] signature[64])
 */
import { readFile } from 'node:fs/promises';
import { verifyEd25519 } from '../../../model';
import { badSignature } from './failure';
import { badKey } from './pem';

interface SignifyBlob {
  readonly keyNumber: string;
  readonly bytes: Uint8Array;
  /** What follows the two lines. */
  readonly message: Uint8Array;
}

/** What a file with its signature above says. @param keyFiles public keys. @throws NexusError `bad-signature`, `bad-key` */
export async function verifySignify(
  signed: Uint8Array,
  keyFiles: readonly string[],
  what: string,
): Promise<string> {
  const signature = parseBlob(signed, 64);
  if (signature === undefined) throw badSignature(what, keyFiles, 'no signature of signify above it');
  for (const file of keyFiles) {
    const key = parseBlob(await readKey(file), 32);
    if (key === undefined) throw badKey(file, 'not a public key of signify');
    if (key.keyNumber !== signature.keyNumber) continue;
    if (!verifyEd25519(key.bytes, signature.message, signature.bytes))
      throw badSignature(what, keyFiles, 'the signature is not one of its text');
    return Buffer.from(signature.message).toString('utf8');
  }
  throw badSignature(what, keyFiles, `signed by key ${signature.keyNumber}`);
}

async function readKey(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw badKey(file, 'it cannot be read', cause);
  }
}

function parseBlob(bytes: Uint8Array, sizeBytes: number): SignifyBlob | undefined {
  const comment = bytes.indexOf(10);
  const end = bytes.indexOf(10, comment + 1);
  if (comment < 0 || end < 0 || end > 2048) return undefined;
  const lines = Buffer.from(bytes.subarray(0, end)).toString('latin1').split('\n');
  const blob = new Uint8Array(Buffer.from(lines[1] ?? '', 'base64'));
  if (!lines[0]?.startsWith('untrusted comment: ') || blob.length !== 10 + sizeBytes) return undefined;
  if (blob[0] !== 0x45 || blob[1] !== 0x64) return undefined;
  return {
    keyNumber: Buffer.from(blob.subarray(2, 10)).toString('hex'),
    bytes: blob.subarray(10),
    message: bytes.subarray(end + 1),
  };
}
