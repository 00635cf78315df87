/**
 * Making what follows from the commits last, so that the commits need not be kept any longer. For every derived file
 * holds, at any moment: it is synced, or the commit that it follows from is kept, or a full one stands in its place.
 *
 *     1. read the head, and the commits that lead to it, back to the last flush      at most some hundred
 *     2. derive all their files from the tiles before them, which last, and write these anew, synced
 *     3. remove the folders of partial files that full ones have replaced; that lasts, too
 *     4. commits/flushed = a checkpoint of that head, synced
 *     5. remove the commits before the head
 *
 * Every file of 2 is a new one, synced by who wrote it while it is open, and renamed over the one that may be there. To
 * sync that one would prove nothing: the kernel tells an error of writing back once, and may have told it to a process
 * that was killed before it could do anything about it. (For the names in a folder there is no such way round; a journal
 * that cannot be written stops the whole file system.) Partial files that 3 removes are left out of 2. So it is cheapest
 * just after a group has filled up, and a writer waits for that.
 *
 * Several may flush at once; a slow one may set `commits/flushed` back. Hence 1 ends at the first commit that is not
 * there, too: what was removed was flushed before.
 *
 * After a power cut the same is the cure, so whoever opens a ledger to write begins with it: the tiles at the last flush
 * last, and all that came later follows from the commits that are kept. Where the last flush is still the head there is
 * nothing to do. A checkpoint that the cut has spoiled is signed anew (published.ts); for a reader without the log's key the one in
 * `commits/flushed` stands in.
 */
import { NexusError } from '../../../model';
import { parsePack } from '../formats/bundle';
import { type Checkpoint, signCheckpoint } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax } from '../formats/note';
import { type DerivedFile, type Extension, extendLog } from '../log/extend';
import { readUncheckedLogEdge } from '../log/log-view';
import { refuseFork } from '../log/published';
import {
  areTreesEqual,
  checkCheckpoint,
  type LastCommit,
  notCosignedCode,
  readLastCommit,
  type SettleMemory,
  settle,
  type WriterContext,
} from '../log/settle';
import { formatTilePath, hashCountAt, tileLevelMax, tileWidth } from '../tree/tile';
import { areEqual } from '../tree/tree';
import { type Commit, parseCommit } from './commit';
import { damaged } from './damage';
import { flushedFile, packFolder } from './layout';
import { packSizeBytesMax } from './packs';
import type { LedgerStorage, LogSource, StoredHead } from './storage';

/** With so many commits kept a writer flushes beside its work once a group has filled up, */
const flushedCommitCountMin = 64;
/** with so many in any case, */
const flushedCommitCountMax = 320;
/** and with so many it adds no other before a flush has succeeded. */
export const retainedCommitCountMax = 512;

/** Whether to flush after the last commit. @param addedCount how many entries that had */
export function isFlushDue({ size, retainedCount }: StoredHead, addedCount: number): boolean {
  const hasFilled = size % tileWidth < addedCount;
  return retainedCount >= (hasFilled ? flushedCommitCountMin : flushedCommitCountMax);
}

/**
 * Makes the ledger ready: after a power cut whole again, and its head published. Without the cosignatures that it wants
 * it can be read all the same, as far as it was published.
 */
export async function recover(context: WriterContext, memory: SettleMemory): Promise<void> {
  await flush(context, memory);
  await settle(context, memory).catch((error: unknown) => {
    if (!(error instanceof NexusError && error.code === notCosignedCode)) throw error;
  });
  await removeReplaced(context.storage).catch(() => undefined);
}

/**
 * Removes the partial files beside the last full ones: there are none, unless writers that slept brought some back, and
 * power was cut before these were synced, or removed again.
 */
async function removeReplaced(storage: LedgerStorage): Promise<void> {
  const { size } = await storage.readHead();
  const levels = Array.from({ length: tileLevelMax + 1 }, (_, level) => level);
  const folders = [...levels, 'entries' as const].flatMap((level) => {
    const index = Math.floor(hashCountAt(level === 'entries' ? 0 : level, size) / tileWidth) - 1;
    return index < 0 ? [] : [`${formatTilePath({ level, index, width: tileWidth })}.p`];
  });
  const group = Math.floor(size / tileWidth) - 1;
  const pack = group < 0 ? undefined : await storage.read(packFolder(group), packSizeBytesMax);
  // That of a group with large payloads holds only the last of them.
  const isWhole = pack !== undefined && parsePack(pack, tileWidth) !== undefined;
  await storage.retire({
    commits: [],
    folders: [...folders, ...(isWhole ? [`${packFolder(group)}.p`] : [])],
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
  const folders = extensions.flatMap(({ replacedFolders }) => replacedFolders);
  await storage.place(remaining(extensions, folders), true);
  await storage.retire({ commits: [], folders });
  await refuseFork(storage, log, last.head, last.commit.tree);
  const note = signCheckpoint(last.commit.tree, log);
  await storage.place([{ path: flushedFile, bytes: Buffer.from(note) }], true);
  // A failure here costs space and no more.
  await storage.retire({ commits: chain.map(({ base }) => base.id), folders: [] }).catch(() => undefined);
}

/** The files that are not in one of the folders. */
function remaining(extensions: readonly Extension[], folders: readonly string[]): DerivedFile[] {
  const gone = new Set(folders);
  const files = extensions.flatMap((extension) => extension.files);
  return files.filter(({ path }) => !gone.has(path.slice(0, path.lastIndexOf('/'))));
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
