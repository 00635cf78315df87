/**
 * Making what follows from the commits last, so that the commits need not be kept any longer. For every derived file
 * holds, at any moment: it is synced, or the commit that it follows from is kept.
 *
 *     1. read the head, and the commits that lead to it, back to the last flush      at most about a hundred
 *     2. derive all their files from the tiles before them, which last, and have these synced
 *     3. commits/flushed = a checkpoint of that head, synced
 *     4. remove the commits before the head, and the folders of partial tiles that full ones have replaced
 *
 * A file that is there and right is synced where it lies. An fsync that fails is not repeated, as the kernel may have
 * dropped the bytes and call the file clean: the file is written anew from the commit. (The kernel tells such an error to
 * the first who asks. Were that process killed before it has written the file anew, the next one would take it for synced;
 * the file would be lost if power is cut, or memory runs short, before it is read and found wrong.) Several may flush at
 * once; a slow one may set `commits/flushed` back. Hence 1 ends at the first commit that is not there, too: what was
 * removed was flushed before.
 *
 * After a power cut the same is the cure, so whoever opens a ledger to write begins with it: the tiles at the last flush
 * last, and all that came later follows from the commits that are kept. Where the last flush is still the head there is
 * nothing to do. A checkpoint that the cut has spoiled is signed anew; for a reader without the log's key the one in
 * `commits/flushed` stands in.
 */
import { NexusError } from '../../model';
import { type Checkpoint, signCheckpoint } from './checkpoint';
import { type Commit, parseCommit } from './commit';
import { damaged } from './damage';
import { type Extension, extendLog } from './extend';
import { flushedFile } from './layout';
import { readUncheckedLogEdge } from './log-view';
import { type NoteVerifier, noteSizeBytesMax } from './note';
import {
  areTreesEqual,
  checkCheckpoint,
  type LastCommit,
  notCosignedCode,
  readLastCommit,
  type SettleMemory,
  settle,
  type WriterContext,
} from './settle';
import type { LedgerStorage, LogSource } from './storage';
import { formatTilePath, hashCountAt, tileLevelMax, tileWidth } from './tile';
import { areEqual } from './tree';

/** After so many commits a writer flushes beside its work. */
export const flushedCommitCount = 64;
/** With so many it adds no other before a flush has succeeded. */
export const retainedCommitCountMax = 256;

/**
 * Makes the ledger ready: after a power cut whole again, and its head published. Without the cosignatures that it wants
 * it can be read all the same, as far as it was published.
 */
export async function recover(context: WriterContext, memory: SettleMemory): Promise<void> {
  await flush(context, memory);
  await settle(context, memory).catch((error: unknown) => {
    if (!(error instanceof NexusError && error.code === notCosignedCode)) throw error;
  });
  const { size } = await context.storage.readHead();
  await context.storage.retire({ commits: [], folders: replacedFolders(size) }).catch(() => undefined);
}

/**
 * Folders of partial tiles beside the last full ones: there are none, unless writers that slept brought some back, and
 * power was cut before these were synced, or removed again.
 */
function replacedFolders(size: number): string[] {
  const levels = Array.from({ length: tileLevelMax + 1 }, (_, level) => level);
  return [...levels, 'entries' as const].flatMap((level) => {
    const index = Math.floor(hashCountAt(level === 'entries' ? 0 : level, size) / tileWidth) - 1;
    return index < 0 ? [] : [`${formatTilePath({ level, index, width: tileWidth })}.p`];
  });
}

/** Makes all commits up to the head last in their derived files. @throws NexusError `ledger-damaged` */
export async function flush(context: WriterContext, memory: SettleMemory): Promise<void> {
  const { storage, log } = context;
  if (storage.isPlacedLasting) return;
  const last = await readLastCommit(storage, log, memory);
  const flushed = await readFlushed(storage, log).catch(() => undefined);
  if (flushed !== undefined && areTreesEqual(flushed, last.commit.tree)) return;
  await storage.confirmHead();
  const chain = await readChain(storage, log, last, flushed?.size ?? 0);
  const extensions = await deriveChain(storage, chain);
  await storage.place(
    extensions.flatMap(({ files }) => files),
    true,
  );
  const note = signCheckpoint(last.commit.tree, log);
  await storage.place([{ path: flushedFile, bytes: Buffer.from(note) }], true);
  const superseded = {
    commits: chain.map(({ base }) => base.id),
    folders: extensions.flatMap(({ replacedFolders }) => replacedFolders),
  };
  // A failure here costs space and no more.
  await storage.retire(superseded).catch(() => undefined);
}

/** The checkpoint at the last flush, undefined for a log that never had one. @throws NexusError `ledger-damaged` */
export async function readFlushed(source: LogSource, log: NoteVerifier): Promise<Checkpoint | undefined> {
  const bytes = await source.read(flushedFile, noteSizeBytesMax);
  return bytes && checkCheckpoint(bytes, log, flushedFile);
}

/** The kept commits after the first `size` entries, in their order. */
export async function readChain(
  storage: LedgerStorage,
  log: NoteVerifier,
  { commit }: LastCommit,
  size: number,
): Promise<Commit[]> {
  const chain = [commit];
  for (let { base } = commit; base.size > size; ) {
    const bytes = await storage.readCommit(base.id);
    if (bytes === undefined) break;
    const before = parseCommit(bytes, base.id, log);
    chain.unshift(before);
    base = before.base;
  }
  return chain;
}

/** What each commit adds; the root of each shows that the tiles before the first were right. */
async function deriveChain(source: LogSource, chain: readonly Commit[]): Promise<Extension[]> {
  const [first] = chain;
  const [from, to] = [first?.base.size ?? 0, chain.at(-1)?.tree.size ?? 0];
  let edge = await readUncheckedLogEdge(source, from, to - from);
  return chain.map((commit) => {
    const extension = extendLog(edge, commit.records);
    if (!areEqual(extension.root, commit.tree.root))
      throw damaged('tile', `the tiles at size ${from} do not lead to the roots of the commits after them`);
    edge = extension.edge;
    return extension;
  });
}
