/**
 * From the head to the files that the world reads. The order of an append, with what makes each step last:
 *
 *     1. the draft      commits/<id>             create in tmp/, fsync, rename, fsync of all folders above
 *     2. the commit     rename in head/          fsync of the folder            this is the commit point
 *     3. what follows   tiles, bundles, packs    as 1
 *     4. publication    checkpoint               as 1; it is signed only now
 *     5. tidying        commits/<base>, .p/      nothing depends on it
 *
 * 1 and 2 are the writer's (writer.ts). 3 to 5 are here, and are done by whoever finds that the head is not published:
 * the writer itself, or the next one if it died. Several may do it at once, and one may sleep in the middle and go on
 * much later. That is harmless, because:
 *
 *   - What 3 writes is a function of the log up to that commit, and the log has one past (head.ts). Whoever writes a
 *     file, and however late, writes the bytes that it has or had. So 3 needs no order between processes.
 *   - A head is built on only when it is published, that is after 3 was done and durable. So the tiles that 3 reads
 *     are there, and of all commits only the head can be unfinished. Its file in commits/ is removed only when the
 *     head has moved on.
 *   - 4 is a rename that replaces, so a sleeper could put an older checkpoint over a newer one. Both are true, and
 *     the older one does no harm to anybody's proof; but the newest must win. After each publication the head is read
 *     again, and if it moved, settling starts over. Of all publications take the one whose rename came last: its
 *     process read the head after that, so either it published the newest head, or it goes on to publish again.
 *     Should it die in between, the next one to open the ledger finds a checkpoint that is not the head's, and settles.
 *   - The commit point does not look at the checkpoint at all. So an old checkpoint can never bring about a fork.
 *   - Nothing is signed for the public before 2 is durable. So no two checkpoints of ours contradict each other.
 */
import { NexusError, quote } from '../../model';
import { type Checkpoint, openCheckpoint, signCheckpoint, type TreeHead } from './checkpoint';
import { baseOfCommit, type Commit, commitSizeBytesMax, parseCommit } from './commit';
import { damaged } from './damage';
import { type DerivedFile, type Extension, extendLog } from './extend';
import type { LedgerFiles } from './files';
import { areHeadsEqual, type Head, readHead } from './head';
import type { Random, SigningKey } from './key';
import {
  checkpointFile,
  commitFile,
  commitsFolder,
  foldersAbove,
  headFolder,
  temporaryFolder,
} from './layout';
import { readUncheckedLogEdge } from './log-view';
import { type NoteVerifier, noteSizeBytesMax } from './note';
import { areEqual } from './tree';

/** Everything a writer uses of the world. */
export interface WriterContext {
  readonly files: LedgerFiles;
  readonly log: SigningKey;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly random: Random;
  readonly sleep: (timeMs: number) => Promise<void>;
}

/** The last commit, under the head that names it. */
export interface LastCommit {
  readonly head: Head;
  readonly commit: Commit;
}

/** Publishes the last commit unless it is, and gives it back. @throws NexusError `ledger-damaged` */
export async function settle(context: WriterContext): Promise<LastCommit> {
  for (;;) {
    const last = await readLastCommit(context.files, context.log);
    const checkpoint = await readCheckpoint(context.files, context.log);
    if (areTreesEqual(checkpoint, last.commit.tree)) return last;
    if (checkpoint.size < last.head.size) await finishForAnother(context, last);
    else await refuseUnlessMoved(context.files, checkpoint, last);
  }
}

async function finishForAnother(context: WriterContext, last: LastCommit): Promise<void> {
  await context.files.syncFolder(headFolder);
  await finish(context, last, await deriveAgain(context.files, last.commit));
}

/** A newer checkpoint than the head is well when the head has moved on since it was read. */
async function refuseUnlessMoved(files: LedgerFiles, checkpoint: TreeHead, last: LastCommit): Promise<void> {
  if (!areHeadsEqual(await readHead(files), last.head)) return;
  throw damaged(
    checkpointFile,
    `${describe(checkpoint)}, but the last commit has ${describe(last.commit.tree)}`,
  );
}

function areTreesEqual(left: TreeHead, right: TreeHead): boolean {
  return left.size === right.size && areEqual(left.root, right.root);
}

/** Steps 3 to 5 for a head whose name is durable. @param extension what the commit adds */
export async function finish(context: WriterContext, last: LastCommit, extension: Extension): Promise<void> {
  await placeFiles(context, extension.files);
  if (!areHeadsEqual(await readHead(context.files), last.head)) return;
  const note = signCheckpoint(last.commit.tree, context.log);
  await placeFiles(context, [{ path: checkpointFile, bytes: Buffer.from(note) }]);
  // A failure here costs space and no more.
  await Promise.allSettled([
    context.files.remove(commitFile(last.commit.base.id)),
    ...extension.replacedFolders.map((folder) => context.files.removeFolder(folder)),
  ]);
}

/** The commit that the head names. */
export async function readLastCommit(files: LedgerFiles, log: NoteVerifier): Promise<LastCommit> {
  for (;;) {
    const head = await readHead(files);
    const path = commitFile(head.id);
    const bytes = await files.read(path, commitSizeBytesMax);
    if (bytes !== undefined) return { head, commit: checkSize(parseCommit(bytes, head.id, log), head) };
    if (areHeadsEqual(await readHead(files), head)) throw damaged(path, 'missing, but it is the last commit');
  }
}

function checkSize(commit: Commit, head: Head): Commit {
  if (commit.tree.size === head.size) return commit;
  throw damaged(headFolder, `it names size ${head.size}, but the commit has ${commit.tree.size}`);
}

function describe({ size, root }: TreeHead): string {
  return `size ${size} with root ${Buffer.from(root).toString('hex').slice(0, 16)}…`;
}

/** The published checkpoint, its signature checked. @throws NexusError `ledger-damaged` */
export async function readCheckpoint(files: LedgerFiles, log: NoteVerifier): Promise<Checkpoint> {
  const bytes = await files.read(checkpointFile, noteSizeBytesMax);
  if (bytes === undefined) throw damaged(checkpointFile, 'missing');
  return checkCheckpoint(bytes, log);
}

export function checkCheckpoint(bytes: Uint8Array, log: NoteVerifier): Checkpoint {
  try {
    return openCheckpoint(bytes, log);
  } catch (cause) {
    throw damaged(checkpointFile, cause instanceof Error ? cause.message : 'unreadable', cause);
  }
}

/** What a commit adds, from the tiles before it: for one who did not make the commit, or after a crash. */
export async function deriveAgain(files: LedgerFiles, commit: Commit): Promise<Extension> {
  const extension = extendLog(await readUncheckedLogEdge(files, commit.base.size), commit.records);
  if (areEqual(extension.root, commit.tree.root)) return extension;
  throw damaged(
    'tile',
    `the tiles at size ${commit.base.size} do not lead to the root of the commit after them`,
  );
}

/** Puts files in their places, whole and to last. */
export async function placeFiles(context: WriterContext, files: readonly DerivedFile[]): Promise<void> {
  await settleAll(files.map((file) => placeFile(context, file)));
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  await settleAll([...folders].map((folder) => context.files.syncFolder(folder)));
}

/** Waits for all, even after one failed: nothing of ours may go on behind the caller's back. */
async function settleAll(operations: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(operations);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

const placeAttemptsMax = 4;

async function placeFile(
  { files, clock, random }: WriterContext,
  { path, bytes }: DerivedFile,
): Promise<void> {
  const draft = `${temporaryFolder}/${clock()}-${Buffer.from(random(8)).toString('hex')}`;
  try {
    await files.create(draft, bytes);
    for (let attempt = 0; attempt < placeAttemptsMax; attempt += 1) {
      if (await files.rename(draft, path)) return;
      // The folder is new, or another process has just removed it as replaced.
      for (const folder of foldersAbove(path).slice(0, -1).reverse()) await files.makeFolder(folder);
    }
    throw new NexusError('ledger-busy', `Cannot write the ledger's ${quote(path)}: its draft is gone`);
  } catch (error) {
    await files.remove(draft).catch(() => undefined);
    throw error;
  }
}

const temporaryAgeMsMax = 60 * 60 * 1000;

/**
 * Removes what processes that died have left. A draft in commits/ can win only while the head is its base, and heads
 * do not come back: it is dead, or superseded, when the head, read after it, is neither its base nor itself. Files in tmp/ are dead after an hour: who
 * sleeps longer fails to rename, and tries again.
 */
export async function sweep({ files, clock }: WriterContext): Promise<void> {
  for (const id of (await files.list(commitsFolder)) ?? []) {
    const bytes = await files.read(commitFile(id), commitSizeBytesMax);
    const base = bytes === undefined ? undefined : baseOfCommit(bytes);
    const head = await readHead(files);
    if (base !== undefined && id !== head.id && !areHeadsEqual(base, head))
      await files.remove(commitFile(id));
  }
  for (const name of (await files.list(temporaryFolder)) ?? []) {
    const isOld = Number(name.split('-')[0]) < clock() - temporaryAgeMsMax;
    if (isOld) await files.remove(`${temporaryFolder}/${name}`);
  }
}
