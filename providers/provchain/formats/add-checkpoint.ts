/**
 * What a log and a witness say to each other, https://c2sp.org/tlog-witness. The log sends, by POST to
 * `<URL of the witness>/add-checkpoint`, the size that the witness knows, the proof that its tree extends the one of
 * that size, and its checkpoint:
 *
 *     old 3
 *     <hash, base64> …
 *
 *     provchain.localhost/5f0c8a1e
 *     7
 *     <root>
 *
 *     — provchain.localhost/5f0c8a1e <signature>
 *
 * and is answered with the lines that it adds to its checkpoint, each `— NAME <cosignature>`. When the witness knows
 * another size than the old one, it answers 409 and that size, of the type `text/x.tlog.size`.
 */
import { NexusError, quote } from '../../../model';
import { type Hash, hashSizeBytes } from '../tree/tree';
import { formatBase64, parseBase64 } from './base64';
import { formatSignatureLine, type NoteSignature, noteSignatureCountMax, parseSignatureLine } from './note';

export interface AddCheckpoint {
  /** Number of entries of the checkpoint that the witness cosigned last, 0 when it never did. */
  readonly oldSize: number;
  /** As of RFC 6962 section 2.1.2; empty when the old size is 0. */
  readonly proof: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

export const addCheckpointPath = 'add-checkpoint';
/** The media type of the size that a witness answers. */
export const sizeMediaType = 'text/x.tlog.size';
export const addCheckpointSizeBytesMax = 256 * 1024;
export const proofLineCountMax = 63;

/** The request's body. Inverse: {@link parseAddCheckpoint}. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  return [`old ${oldSize}`, ...proof.map(formatBase64), '', checkpoint].join('\n');
}

/** Inverse of {@link formatAddCheckpoint}; leaves the note unread. @throws NexusError `bad-add-checkpoint` */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  if (bytes.length > addCheckpointSizeBytesMax)
    throw badRequest(`${bytes.length} bytes, expected at most ${addCheckpointSizeBytesMax}`);
  const text = decode(bytes);
  const end = text.indexOf('\n\n');
  if (end < 0) throw badRequest('no empty line before the checkpoint');
  const [oldLine = '', ...proofLines] = text.slice(0, end).split('\n');
  if (proofLines.length > proofLineCountMax)
    throw badRequest(`${proofLines.length} hashes, expected at most ${proofLineCountMax}`);
  return { oldSize: parseOld(oldLine), proof: proofLines.map(parseHash), checkpoint: text.slice(end + 2) };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw badRequest('not UTF-8', cause);
  }
}

function parseOld(line: string): number {
  const size = line.startsWith('old ') ? parseDecimal(line.slice(4)) : undefined;
  if (size !== undefined) return size;
  throw badRequest(`${quote(line)}, expected "old" and a number`);
}

function parseDecimal(text: string): number | undefined {
  const number = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

function parseHash(line: string): Hash {
  const hash = parseBase64(line);
  if (hash?.length === hashSizeBytes) return hash;
  throw badRequest(`${quote(line)}, expected a hash in base64`);
}

function badRequest(reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-add-checkpoint', `Cannot read an add-checkpoint request: ${reason}`, { cause });
}

/** The answer's body when the witness has cosigned. Inverse: {@link parseCosignatureLines}. */
export function formatCosignatureLines(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignatureLine).join('');
}

/** Inverse of {@link formatCosignatureLines}. @throws NexusError `bad-note` */
export function parseCosignatureLines(text: string): NoteSignature[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw badAnswer('its last line has no end');
  if (lines.length === 0 || lines.length > noteSignatureCountMax)
    throw badAnswer(`${lines.length} lines, expected 1 to ${noteSignatureCountMax}`);
  return lines.map(parseSignatureLine);
}

function badAnswer(reason: string): NexusError {
  return new NexusError('bad-note', `Cannot read a witness's cosignatures: ${reason}`);
}

/** The answer's body when the witness knows another size. Inverse: {@link parseSizeLine}. */
export function formatSizeLine(size: number): string {
  return `${size}\n`;
}

/** Inverse of {@link formatSizeLine}; undefined for any other text. */
export function parseSizeLine(text: string): number | undefined {
  return text.endsWith('\n') ? parseDecimal(text.slice(0, -1)) : undefined;
}
