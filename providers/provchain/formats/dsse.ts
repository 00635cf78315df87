/**
 * DSSE, https://github.com/secure-systems-lab/dsse: a signature over a payload and its type.
 *
 *     PAE = "DSSEv1" SP len(type) SP type SP len(payload) SP payload      lengths in decimal, in bytes
 *
 * For the type "application/vnd.in-toto+json" and the payload "{}" that is
 * `DSSEv1 28 application/vnd.in-toto+json 2 {}`. The envelope in JSON is
 * `{"payloadType":"…","payload":"<base64>","signatures":[{"sig":"<base64>"}]}`.
 */
import {
  NexusError,
  shape,
  signatureSizeBytes,
  statementMediaType,
  statementSizeBytesMax,
  verifyEd25519,
} from '../../../model';
import { formatBase64, parseBase64 } from './base64';

/** One record with the signature of one key. */
export interface Envelope {
  /** Bytes of the in-toto statement. */
  readonly payload: Uint8Array;
  /** 64 bytes of Ed25519 over {@link preAuthEncoding}. */
  readonly signature: Uint8Array;
}

/** What is signed. */
export function preAuthEncoding(payload: Uint8Array, payloadType: string = statementMediaType): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  return new Uint8Array(Buffer.concat([Buffer.from(head), payload]));
}

export function verifyEnvelope({ payload, signature }: Envelope, publicKey: Uint8Array): boolean {
  return verifyEd25519(publicKey, preAuthEncoding(payload), signature);
}

/** Inverse: {@link parseEnvelope}. */
export function formatEnvelope({ payload, signature }: Envelope): string {
  return JSON.stringify({
    payloadType: statementMediaType,
    payload: formatBase64(payload),
    signatures: [{ sig: formatBase64(signature) }],
  });
}

const envelopeLengthMax = 2 * statementSizeBytesMax;
const base64 = shape.text(/^[A-Za-z0-9+/]*={0,2}$/, 'base64');
const envelopeShape = shape.object({
  payloadType: shape.oneOf([statementMediaType]),
  payload: base64,
  signatures: shape.list(shape.object({ sig: base64, keyid: shape.optional(shape.prose(1000)) }), 1),
});

/** Inverse of {@link formatEnvelope}; a `keyid` is read over. @throws NexusError `bad-envelope` */
export function parseEnvelope(text: string): Envelope {
  return readEnvelope(decodeJson(text));
}

/** {@link parseEnvelope} for JSON that is decoded already. @throws NexusError `bad-envelope` */
export function readEnvelope(value: unknown): Envelope {
  const { payload, signatures } = shape.readShape(envelopeShape, value, 'bad-envelope');
  const signature = parseBase64(signatures[0]?.sig ?? '');
  const bytes = parseBase64(payload);
  if (bytes !== undefined && signature?.length === signatureSizeBytes) return { payload: bytes, signature };
  throw badEnvelope('expected one signature of 64 bytes, and canonical base64');
}

function decodeJson(text: string): unknown {
  if (text.length > envelopeLengthMax)
    throw badEnvelope(`${text.length} characters, expected at most ${envelopeLengthMax}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badEnvelope('not JSON', cause);
  }
}

function badEnvelope(reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-envelope', `Cannot read a DSSE envelope: ${reason}`, { cause });
}
