/**
 * What was signed before, held against the log as its commits have it. A checkpoint that does not fit is one of these:
 *
 *     missing, empty, cut short, ends in zeros     a power cut has torn it: it is signed anew
 *     whole, but not signed by the log's key       somebody, or the disk, has changed it: signed anew, and reported
 *     signed by the log's key, for another log     the log was replaced or set back, or the key has signed two histories:
 *                                                  refused, and nothing is signed until somebody has looked
 */
import { type Checkpoint, openCheckpoint, type TreeHead } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax } from '../formats/note';
import { damaged } from '../storage/damage';
import { areHeadsEqual, type Head } from '../storage/head';
import { checkpointFile, flushedFile } from '../storage/layout';
import type { LedgerStorage } from '../storage/storage';
import { areEqual } from '../tree/tree';
import { LogView } from './log-view';

/**
 * To be called before anything is signed for a head that another one has committed; its tiles are there.
 * @throws NexusError `ledger-damaged` when the log's key has signed what this log does not begin with
 */
export async function refuseFork(
  storage: LedgerStorage,
  log: NoteVerifier,
  head: Head,
  tree: TreeHead,
): Promise<void> {
  for (const file of [checkpointFile, flushedFile]) {
    const bytes = await storage.read(file, noteSizeBytesMax);
    const signed = bytes && tryOpen(bytes, log);
    if (signed === undefined) continue;
    if (signed.size > tree.size) await refuseUnlessMoved(storage, file, signed, head);
    else if (!areEqual(signed.root, await rootAt(storage, tree, signed.size)))
      throw forked(file, signed, 'but the commits lead to another root');
  }
}

const rootAt = async (storage: LedgerStorage, tree: TreeHead, size: number): Promise<Uint8Array> =>
  size === tree.size ? tree.root : new LogView(tree, storage).tree.rootAt(size);

/** More than the head has is well when the head has moved on since it was read. */
export async function refuseUnlessMoved(
  storage: LedgerStorage,
  file: string,
  signed: TreeHead,
  head: Head,
): Promise<void> {
  if (!areHeadsEqual(await storage.readHead(), head)) return;
  throw forked(file, signed, `but the last commit, of size ${head.size}, does not lead there`);
}

function forked(file: string, signed: TreeHead, reason: string): Error {
  const root = Buffer.from(signed.root).toString('hex').slice(0, 16);
  return damaged(file, `the log's key has signed size ${signed.size} with root ${root}…, ${reason}`);
}

function tryOpen(bytes: Uint8Array, log: NoteVerifier): Checkpoint | undefined {
  try {
    return openCheckpoint(bytes, log);
  } catch {
    return undefined;
  }
}

/** Whether a checkpoint that cannot be opened is one that a power cut has left. */
export function isTorn(bytes: Uint8Array | undefined): boolean {
  const text = Buffer.from(bytes ?? []).toString('utf8');
  return !text.endsWith('\n') || !text.includes('\n\n— ');
}
