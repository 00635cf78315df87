/**
 * The proof of one heartbeat: from the node's signature over the root of its interval to the log's checkpoint, in one
 * text that is checked without log and network.
 *
 *     heartbeat --(Merkle path)--> root in the interval's record --(Merkle path)--> checkpoint, signed by the log
 *
 * The text is one JSON object; bytes are base64, keys and digests are hex:
 *
 *     { "format": "nexus-heartbeat-proof@v1",
 *       "heartbeat": { "payload", "signature", "key" },        the statement and the node's signature
 *       "index": 17, "hashes": [ … ],                          its place in the interval, nearest sibling first
 *       "interval": { "payload", "signature", "key",           the interval's record and its signer
 *                     "proof": "c2sp.org/tlog-proof@v1\n…" } }  tlog-proof.ts
 */
import {
  type HeartbeatInterval,
  isKind,
  NexusError,
  parseStatement,
  type StatementOf,
  shape,
  statementSizeBytesMax,
} from '../../../model';
import { makeInclusionProof, proofHashCountMax, verifyInclusion } from '../tree/proof';
import { type Hash, hashSizeBytes, leafHash, perfectRoot } from '../tree/tree';
import { formatBase64, parseBase64 } from './base64';
import { type Envelope, verifyEnvelope } from './dsse';
import type { NoteVerifier } from './note';
import {
  formatTlogProof,
  parseTlogProof,
  type RecordEvidence,
  type VerifiedRecord,
  verifyRecord,
} from './tlog-proof';

/** A signed heartbeat: the statement says the node, its key, start and sequence. */
export interface SignedHeartbeat extends Envelope {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface HeartbeatProof {
  readonly heartbeat: SignedHeartbeat;
  /** The heartbeat's place in its interval, from 0. */
  readonly index: number;
  /** Nearest sibling first. */
  readonly hashes: readonly Hash[];
  readonly interval: RecordEvidence;
}

const format = 'nexus-heartbeat-proof@v1';

/**
 * @param payloads all heartbeat statements of the interval in their order
 * @param signature the node's, over the one at `index`
 * @param interval the interval's record, proved by the ledger
 */
export async function proveHeartbeat(
  payloads: readonly Uint8Array[],
  index: number,
  signature: Uint8Array,
  interval: RecordEvidence,
): Promise<HeartbeatProof> {
  const leaves = payloads.map(leafHash);
  const hashes = await makeInclusionProof(index, leaves.length, async (nodes) =>
    nodes.map(({ level, index: at }) => perfectRoot(leaves.slice(at * 2 ** level, (at + 1) * 2 ** level))),
  );
  const payload = payloads[index] ?? new Uint8Array();
  const publicKey = Buffer.from(heartbeatOf(payload).predicate.key, 'hex');
  return { heartbeat: { payload, signature, publicKey }, index, hashes, interval };
}

function heartbeatOf(payload: Uint8Array): StatementOf<'heartbeat'> {
  const statement = parseStatement(payload);
  if (isKind(statement, 'heartbeat')) return statement;
  throw badProof(`a record of type "${statement.predicateType}", expected a heartbeat`);
}

/** Inverse: {@link parseHeartbeatProof}. */
export function formatHeartbeatProof({ heartbeat, index, hashes, interval }: HeartbeatProof): string {
  const signed = ({ payload, signature, publicKey }: SignedHeartbeat) => ({
    payload: formatBase64(payload),
    signature: formatBase64(signature),
    key: Buffer.from(publicKey).toString('hex'),
  });
  const proof = formatTlogProof(interval.proof);
  return `${JSON.stringify(
    {
      format,
      heartbeat: signed(heartbeat),
      index,
      hashes: hashes.map(formatBase64),
      interval: { ...signed(interval), proof },
    },
    undefined,
    2,
  )}\n`;
}

const proofLengthMax = 4 * statementSizeBytesMax;
const bytes = (sizeBytes?: number) =>
  shape.converted((value) => {
    const decoded = typeof value === 'string' ? parseBase64(value) : undefined;
    return sizeBytes === undefined || decoded?.length === sizeBytes ? decoded : undefined;
  }, `${sizeBytes ?? ''} bytes in base64`.trimStart());
const signedFields = {
  payload: bytes(),
  signature: bytes(64),
  key: shape.text(/^[0-9a-f]{64}$/, '64 hex digits'),
};
const proofShape = shape.object({
  format: shape.oneOf([format]),
  heartbeat: shape.object(signedFields),
  index: shape.whole(),
  hashes: shape.list(bytes(hashSizeBytes), proofHashCountMax),
  interval: shape.object({ ...signedFields, proof: shape.prose(statementSizeBytesMax) }),
});

/** Inverse of {@link formatHeartbeatProof}. Proves nothing yet. @throws NexusError `bad-proof` */
export function parseHeartbeatProof(text: string): HeartbeatProof {
  if (text.length > proofLengthMax) throw badProof(`${text.length} characters`);
  const { heartbeat, index, hashes, interval } = shape.readShape(proofShape, decodeJson(text), 'bad-proof');
  const withKey = ({ payload, signature, key }: typeof heartbeat): SignedHeartbeat => ({
    payload,
    signature,
    publicKey: new Uint8Array(Buffer.from(key, 'hex')),
  });
  const proof = parseTlogProof(interval.proof);
  return { heartbeat: withKey(heartbeat), index, hashes, interval: { ...withKey(interval), proof } };
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badProof('not JSON', cause);
  }
}

export interface VerifiedHeartbeat {
  readonly statement: StatementOf<'heartbeat'>;
  readonly interval: HeartbeatInterval;
  /** The interval's record in the log. */
  readonly record: VerifiedRecord;
}

/**
 * Checks the node's signature, the way to the interval's root, and the interval's record up to the log's signature.
 * Whether the node's key and the key of the interval's signer are to be trusted is for the caller to know.
 * @throws NexusError `bad-proof`, `not-included`, and what `verifyRecord` throws
 */
export function verifyHeartbeat(evidence: HeartbeatProof, log: NoteVerifier): VerifiedHeartbeat {
  const { heartbeat, index, hashes } = evidence;
  const record = verifyRecord(evidence.interval, log);
  if (!isKind(record.statement, 'heartbeat-interval'))
    throw badProof(`its interval is a record of type "${record.statement.predicateType}"`);
  const interval = record.statement.predicate;
  const statement = heartbeatOf(heartbeat.payload);
  const isOwn = Buffer.from(heartbeat.publicKey).toString('hex') === statement.predicate.key;
  if (!isOwn || !verifyEnvelope(heartbeat, heartbeat.publicKey))
    throw badProof(`the heartbeat is not signed with the key of node "${statement.predicate.node}"`);
  const root = new Uint8Array(Buffer.from(interval.root, 'hex'));
  const leaf = leafHash(heartbeat.payload);
  if (verifyInclusion({ index, size: interval.count, root, leaf, proof: hashes }))
    return { statement, interval, record };
  throw new NexusError(
    'not-included',
    `Cannot verify a heartbeat of node "${statement.predicate.node}": the proof does not lead from heartbeat ${index} to the root of the interval's ${interval.count}`,
    { hint: 'The heartbeat or the interval is another than the one that was recorded.' },
  );
}

function badProof(reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-proof', `Cannot use the proof of a heartbeat: ${reason}`, { cause });
}
