/**
 * How records reach a shared ledger: one JSON text each way, checked where it comes in.
 *
 *     POST /append
 *     {"origin":"provchain.localhost/5f0c8a1e",
 *      "records":[{"publicKey":"<64 hex digits>","envelope":{<DSSE, dsse.ts>}}, …]}        1 to 256 records
 *
 *     200 {"records":[{"cid":"bafk…","index":5,"size":7,"proof":"c2sp.org/tlog-proof@v1\n…"}, …]}
 *     4xx, 5xx {"error":{"code":"key-not-allowed","message":"Cannot …","hint":"…"}}
 *
 * Each record authenticates itself by its envelope's signature; there is no session and no password. A record that the
 * ledger has from that key already is not added again but gets its first receipt, so a request whose answer was lost
 * is sent again as it was.
 */
import { NexusError, quote, shape } from '../../../model';
import type { SignedRecord } from '../log/ledger';
import { formatEnvelope, readEnvelope } from './dsse';

export interface AppendRequest {
  /** The log that is meant. */
  readonly origin: string;
  readonly records: readonly SignedRecord[];
}

export const appendPath = '/append';
export const appendRecordCountMax = 256;
/** Of a request's body, and of an answer's. */
export const appendSizeBytesMax = 12 * 1024 * 1024;
/** Of all payloads of a request, which base64 makes a third longer. */
export const appendPayloadSizeBytesMax = 8 * 1024 * 1024;

/** Inverse: {@link parseAppendRequest}. */
export function formatAppendRequest({ origin, records }: AppendRequest): string {
  const items = records.map((record) => {
    const publicKey = Buffer.from(record.publicKey).toString('hex');
    return `{"publicKey":"${publicKey}","envelope":${formatEnvelope(record)}}`;
  });
  return `{"origin":${JSON.stringify(origin)},"records":[${items.join(',')}]}`;
}

const anything: shape.Shape<unknown> = (value) => value;
const requestShape = shape.object({
  origin: shape.prose(1000),
  records: shape.list(
    shape.object({ publicKey: shape.text(/^[0-9a-f]{64}$/, '64 hex digits'), envelope: anything }),
    appendRecordCountMax,
  ),
});

/** Inverse of {@link formatAppendRequest}; no signature is checked. @throws NexusError `bad-append`, `bad-envelope` */
export function parseAppendRequest(bytes: Uint8Array): AppendRequest {
  const { origin, records } = shape.readShape(requestShape, decodeJson(bytes), 'bad-append');
  if (records.length === 0) throw badAppend('no record, expected 1 or more');
  return {
    origin,
    records: records.map(({ publicKey, envelope }) => ({
      ...readEnvelope(envelope),
      publicKey: new Uint8Array(Buffer.from(publicKey, 'hex')),
    })),
  };
}

/** Where a record stands, with its proof. */
export interface AppendReceipt {
  readonly cid: string;
  readonly index: number;
  readonly size: number;
  /** Text of tlog-proof.ts. */
  readonly proof: string;
}

/** Inverse: {@link parseAppendAnswer}. */
export function formatAppendAnswer(receipts: readonly AppendReceipt[]): string {
  return JSON.stringify({ records: receipts });
}

const answerShape = shape.object({
  records: shape.list(
    shape.object({
      cid: shape.prose(200),
      index: shape.whole(),
      size: shape.whole(),
      proof: shape.prose(100_000),
    }),
    appendRecordCountMax,
  ),
});

/** Inverse of {@link formatAppendAnswer}. @throws NexusError `bad-append` */
export function parseAppendAnswer(bytes: Uint8Array): readonly AppendReceipt[] {
  return shape.readShape(answerShape, decodeJson(bytes), 'bad-append').records;
}

/** Why a server does not do what it was asked. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Inverse: {@link parseRefusal}. */
export function formatRefusal({ code, message, hint }: Refusal): string {
  return `${JSON.stringify({ error: { code, message, hint } })}\n`;
}

const refusalShape = shape.object({
  error: shape.object({
    code: shape.text(/^[a-z][a-z0-9-]{0,63}$/, 'an error code'),
    message: shape.prose(10_000),
    hint: shape.optional(shape.prose(10_000)),
  }),
});

/** Inverse of {@link formatRefusal}; undefined for any other bytes, as a proxy in between may answer. */
export function parseRefusal(bytes: Uint8Array): Refusal | undefined {
  try {
    return shape.readShape(refusalShape, decodeJson(bytes), 'bad-append').error;
  } catch {
    return undefined;
  }
}

function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw badAppend(`${quote(Buffer.from(bytes.subarray(0, 40)).toString('latin1'))} is not JSON in UTF-8`);
  }
}

function badAppend(reason: string): NexusError {
  return new NexusError('bad-append', `Cannot read an append: ${reason}`);
}
