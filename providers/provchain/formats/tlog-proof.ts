/**
 * Offline proofs, https://c2sp.org/tlog-proof: an inclusion proof and the checkpoint that it leads to, in one text that
 * can be checked without the log. For entry 3 of a log of 7:
 *
 *     c2sp.org/tlog-proof@v1
 *     index 3
 *     <hash of entry 2, base64>
 *     <hash of the subtree over 0 and 1>
 *     <hash of the tree over 4 to 6>
 *
 *     provchain.localhost/5f0c8a1e
 *     7
 *     <root>
 *
 *     — provchain.localhost/5f0c8a1e <signature>
 */
import { type Cid, cidOfRaw, NexusError, parseStatement, quote, type Statement } from '../../../model';
import { proofHashCountMax, verifyInclusion } from '../tree/proof';
import { type Hash, hashSizeBytes, leafHash } from '../tree/tree';
import { checkPolicy } from '../witness/quorum';
import { formatBase64, parseBase64 } from './base64';
import { type Checkpoint, openCheckpoint } from './checkpoint';
import { type Envelope, verifyEnvelope } from './dsse';
import { formatLeaf, leafOfEnvelope } from './leaf';
import type { NoteVerifier } from './note';
import type { Policy } from './policy';

export interface TlogProof {
  /** What the writer of the proof adds, not vouched for by anybody: the second line, in base64. @default none */
  readonly extra?: Uint8Array;
  readonly index: number;
  /** Nearest sibling first. */
  readonly hashes: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

const firstLine = 'c2sp.org/tlog-proof@v1';
const extraWord = 'extra ';
/** A checkpoint, and an `extra` line with the largest record, twice in base64. */
const proofLengthMax = 4 * 1024 * 1024;

/** Inverse: {@link parseTlogProof}. */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const extraLines = extra === undefined ? [] : [`${extraWord}${formatBase64(extra)}`];
  return [firstLine, ...extraLines, `index ${index}`, ...hashes.map(formatBase64), '', checkpoint].join('\n');
}

/** Inverse of {@link formatTlogProof}. Proves nothing yet. @throws NexusError `bad-proof` */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > proofLengthMax)
    throw badProof(`${text.length} characters, expected at most ${proofLengthMax}`);
  const end = text.indexOf('\n\n');
  if (end < 0) throw badProof('no empty line before the checkpoint');
  const [first, ...rest] = text.slice(0, end).split('\n');
  if (first !== firstLine) throw badProof(`it begins with ${quote(first ?? '')}, expected "${firstLine}"`);
  const extra = rest[0]?.startsWith(extraWord) ? parseExtra(rest[0]) : undefined;
  const [indexLine = '', ...hashLines] = extra === undefined ? rest : rest.slice(1);
  if (hashLines.length > proofHashCountMax)
    throw badProof(`${hashLines.length} hashes, expected at most ${proofHashCountMax}`);
  return {
    ...(extra !== undefined && { extra }),
    index: parseIndex(indexLine),
    hashes: hashLines.map(parseHash),
    checkpoint: text.slice(end + 2),
  };
}

function parseExtra(line: string): Uint8Array {
  const extra = parseBase64(line.slice(extraWord.length));
  if (extra !== undefined) return extra;
  throw badProof(`${quote(line)}, expected base64 behind "extra"`);
}

function parseIndex(line: string): number {
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(line) ?? [];
  if (digits !== undefined && Number.isSafeInteger(Number(digits))) return Number(digits);
  throw badProof(`${quote(line)}, expected "index" and a number`);
}

function parseHash(line: string): Hash {
  const hash = parseBase64(line);
  if (hash?.length === hashSizeBytes) return hash;
  throw badProof(`${quote(line)}, expected a hash in base64`);
}

function badProof(reason: string): NexusError {
  return new NexusError('bad-proof', `Cannot read an inclusion proof: ${reason}`);
}

/** A record with all that is needed to check it without the ledger. */
export interface RecordEvidence extends Envelope {
  /** 32 bytes of the key that signed the record. */
  readonly publicKey: Uint8Array;
  readonly proof: TlogProof;
}

export interface VerifiedRecord {
  readonly cid: Cid;
  readonly statement: Statement;
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

/**
 * Checks a record offline: the signature over the statement, the inclusion of both in the tree, and the log's
 * signature over the tree. Whether the key is one to be trusted is for the caller to know.
 * @param policy witnesses that must have cosigned the tree, none unless given
 * @throws NexusError `bad-note`, `bad-checkpoint`, `policy-unmet`, `bad-signature`, `not-included`, `bad-record`
 */
export function verifyRecord(evidence: RecordEvidence, log: NoteVerifier, policy?: Policy): VerifiedRecord {
  const { payload, publicKey, proof } = evidence;
  const checkpoint = openCheckpoint(Buffer.from(proof.checkpoint), log);
  if (policy !== undefined) checkPolicy(Buffer.from(proof.checkpoint), policy, log);
  const cid = cidOfRaw(payload);
  if (!verifyEnvelope(evidence, publicKey)) throw badSignature(cid, publicKey);
  const leaf = leafHash(formatLeaf(leafOfEnvelope(evidence, publicKey)));
  const { size, root } = checkpoint;
  if (verifyInclusion({ index: proof.index, size, root, leaf, proof: proof.hashes }))
    return { cid, statement: parseStatement(payload), index: proof.index, checkpoint };
  throw new NexusError(
    'not-included',
    `Cannot verify record ${quote(cid)}: the proof does not lead from entry ${proof.index} to the root of the ${size} entries`,
    { hint: 'The record, its key or its signature is another than the logged one.' },
  );
}

export function badSignature(cid: Cid, publicKey: Uint8Array): NexusError {
  const key = Buffer.from(publicKey).toString('hex');
  return new NexusError(
    'bad-signature',
    `Cannot verify record ${quote(cid)}: its signature is not of key ${quote(key)}`,
    { hint: 'The record was changed, or another key signed it.' },
  );
}
