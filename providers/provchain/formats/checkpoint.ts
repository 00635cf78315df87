/**
 * Checkpoints, https://c2sp.org/tlog-checkpoint: the head of the log as a signed note. Its text has the origin (the
 * log's name, which is also its key's), the size in decimal, and the root hash in base64. The worked example is a log
 * with the one entry of a single byte 0x00… in `docs/provchain.md`.
 *
 *     provchain.localhost/5f0c8a1e
 *     1
 *     DTrtAjFI/9KiWfvQzcf7PPl1ZYdg03dbgq9vkKrMLfw=
 */
import { NexusError, quote } from '../../../model';
import { type Hash, hashSizeBytes } from '../tree/tree';
import { formatBase64, parseBase64 } from './base64';
import { type NoteSigner, type NoteVerifier, openNote, signNote, withReplaced } from './note';

/** A tree by its size and root hash. */
export interface TreeHead {
  readonly size: number;
  readonly root: Hash;
}

export interface CheckpointText extends TreeHead {
  readonly origin: string;
  /** Further lines; we write none. */
  readonly extensions: readonly string[];
}

/** The text that is signed. Inverse: {@link parseCheckpointText}. */
export function formatCheckpointText({ origin, size, root, extensions }: CheckpointText): string {
  return [origin, String(size), formatBase64(root), ...extensions].map((line) => `${line}\n`).join('');
}

/** Inverse of {@link formatCheckpointText}. @throws NexusError `bad-checkpoint` */
export function parseCheckpointText(text: string): CheckpointText {
  const lines = text.split('\n');
  const [origin = '', sizeText = '', rootText = '', ...extensions] = lines.slice(0, -1);
  if (lines.at(-1) !== '') throw badCheckpoint('its last line has no end');
  if (origin === '' || extensions.includes('')) throw badCheckpoint('it has an empty line');
  return { origin, size: parseSize(sizeText), root: parseRoot(rootText), extensions };
}

function parseSize(text: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw badCheckpoint(`size ${quote(text)}, expected a decimal number up to ${Number.MAX_SAFE_INTEGER}`);
}

function parseRoot(text: string): Hash {
  const root = parseBase64(text);
  if (root?.length === hashSizeBytes) return root;
  throw badCheckpoint(`root ${quote(text)}, expected ${hashSizeBytes} bytes in base64`);
}

/** A checkpoint whose signature was checked. */
export interface Checkpoint extends CheckpointText {
  /** The whole signed note, as it stands in the file. */
  readonly note: string;
}

/** Signing says to the world that this is the log: only for a head that is durable and cannot be superseded. */
export function signCheckpoint({ size, root }: TreeHead, log: NoteSigner): string {
  return signNote(formatCheckpointText({ origin: log.name, size, root, extensions: [] }), log);
}

/** @throws NexusError `bad-note`, `bad-checkpoint` */
export function openCheckpoint(bytes: Uint8Array, verifier: NoteVerifier): Checkpoint {
  const { text } = openNote(bytes, withReplaced(verifier));
  const checkpoint = parseCheckpointText(text);
  if (checkpoint.origin === verifier.name)
    return { ...checkpoint, note: Buffer.from(bytes).toString('utf8') };
  throw badCheckpoint(`its origin is ${quote(checkpoint.origin)}, expected ${quote(verifier.name)}`);
}

function badCheckpoint(reason: string): NexusError {
  return new NexusError('bad-checkpoint', `Cannot read a checkpoint: ${reason}`);
}
