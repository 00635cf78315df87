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
import { type Cid, cidFromDigest, formatSpki, parseSpki, sha256, signatureSizeBytes } from '../../model';
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
