/**
 * An entry of the log: the body that Rekor v2 logs for a DSSE envelope, so that Sigstore's clients can verify it
 * (https://github.com/sigstore/rekor-tiles). Canonical JSON (RFC 8785), always of the same length:
 *
 *     {"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{
 *       "payloadHash":{"algorithm":"SHA2_256","digest":"<base64 of SHA-256 of the payload>"},
 *       "signatures":[{"content":"<base64 of the signature>",
 *         "verifier":{"keyDetails":"PKIX_ED25519","publicKey":{"rawBytes":"<base64 of SubjectPublicKeyInfo>"}}}]}}}
 *
 * in one line without spaces. The payload itself stands beside the log; its digest is the record's CID.
 */
import { type Cid, cidFromDigest, formatSpki, parseSpki, sha256, signatureSizeBytes } from '../../../model';
import { formatBase64, parseBase64 } from './base64';
import type { Envelope } from './dsse';

export interface Leaf {
  /** SHA-256 of the payload. */
  readonly payloadDigest: Uint8Array;
  readonly signature: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export function leafOfEnvelope({ payload, signature }: Envelope, publicKey: Uint8Array): Leaf {
  return { payloadDigest: sha256(payload), signature, publicKey };
}

/** The name of the record that the leaf speaks of. */
export function cidOfLeaf({ payloadDigest }: Leaf): Cid {
  return cidFromDigest('raw', payloadDigest);
}

const beforeDigest =
  '{"apiVersion":"0.0.2","kind":"dsse","spec":{"dsseV002":{"payloadHash":{"algorithm":"SHA2_256","digest":"';
const beforeSignature = '"},"signatures":[{"content":"';
const beforeKey = '","verifier":{"keyDetails":"PKIX_ED25519","publicKey":{"rawBytes":"';
const end = '"}}}]}}}';

const digestAt = beforeDigest.length;
const signatureAt = digestAt + 44 + beforeSignature.length;
const keyAt = signatureAt + 88 + beforeKey.length;
/** Every leaf has this length. */
export const leafSizeBytes = keyAt + 60 + end.length;

/** Inverse: {@link parseLeaf}. */
export function formatLeaf({ payloadDigest, signature, publicKey }: Leaf): Uint8Array {
  const text =
    beforeDigest +
    formatBase64(payloadDigest) +
    beforeSignature +
    formatBase64(signature) +
    beforeKey +
    formatBase64(formatSpki(publicKey)) +
    end;
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Inverse of {@link formatLeaf}; undefined for any other bytes. Whether the signature holds is another question. */
export function parseLeaf(bytes: Uint8Array): Leaf | undefined {
  if (bytes.length !== leafSizeBytes) return undefined;
  const text = Buffer.from(bytes).toString('latin1');
  const payloadDigest = parseBase64(text.slice(digestAt, digestAt + 44));
  const signature = parseBase64(text.slice(signatureAt, signatureAt + 88));
  const publicKey = parseSpki(parseBase64(text.slice(keyAt, keyAt + 60)) ?? new Uint8Array());
  if (payloadDigest?.length !== 32 || signature?.length !== signatureSizeBytes || publicKey === undefined)
    return undefined;
  const leaf = { payloadDigest, signature, publicKey };
  return Buffer.compare(formatLeaf(leaf), bytes) === 0 ? leaf : undefined;
}

/** The digest's text in a leaf that stands at that place. */
export function digestTextAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + digestAt, at + signatureAt - beforeSignature.length);
}

/** {@link formatLeaf} of zeros: 'A' wherever a value stands, but for the head of the public key. */
const template = Buffer.from(
  formatLeaf({
    payloadDigest: new Uint8Array(32),
    signature: new Uint8Array(signatureSizeBytes),
    publicKey: new Uint8Array(32),
  }),
);

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * For each place of a leaf, and each byte there, whether it may stand there. A value in base64 ends in the one
 * canonical way: its last digit has no bits beyond the last byte.
 */
const allowed = allowedBytes();

/** Whether `parseLeaf` would read the leaf at that place, without reading it. */
export function isLeafAt(bytes: Uint8Array, at: number): boolean {
  for (let place = 0; place < leafSizeBytes; place += 1)
    if (allowed[place * 256 + (bytes[at + place] ?? 0)] === 0) return false;
  return true;
}

function allowedBytes(): Uint8Array {
  const table = new Uint8Array(leafSizeBytes * 256);
  for (const [place, byte] of template.entries()) table[place * 256 + byte] = 1;
  // 32 bytes end in 2 bytes in three digits, 64 bytes in 1 byte in two; 16 digits hold the 12 bytes before a key.
  allowDigits(table, digestAt, 43, 4);
  allowDigits(table, signatureAt, 86, 16);
  allowDigits(table, keyAt + 16, 43, 4);
  return table;
}

/** @param lastStep the value of the last digit is a multiple of it */
function allowDigits(table: Uint8Array, from: number, count: number, lastStep: number): void {
  for (let place = from; place < from + count; place += 1)
    for (const [value, digit] of [...digits].entries())
      if (place < from + count - 1 || value % lastStep === 0) table[place * 256 + digit.charCodeAt(0)] = 1;
}
