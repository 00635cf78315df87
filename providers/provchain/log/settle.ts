/**
 * From the head to the files that the world reads. The order of an append, with what makes each step last:
 *
 *     1. the commit     LedgerStorage.commit     it lasts, bytes and head: this is the commit point
 *     2. what follows   tiles, bundles, packs    visible to all, but not synced
 *     3. publication    checkpoint               the same; it is signed only now, and cosigned where that is asked for
 *        acknowledged
 *     4. flush          2 once more, synced      for many commits at once, later (flush.ts)
 *     5. tidying        retired commits          nothing depends on them any more
 *
 * 1 is the writer's (writer.ts). 2 and 3 are here, and are done by whoever finds that the head is not published: the
 * writer itself, or the next one if it died. Several may do it at once, and one may sleep in the middle and go on much
 * later. That is harmless, because:
 *
 *   - What 2 writes is a function of the log up to that commit, and the log has one past (head.ts). Whoever writes a
 *     file, and however late, writes the bytes that it has or had. So 2 needs no order between processes.
 *   - A head is built on only when it is published, that is after 1 lasts and 2 was done. So the tiles that 2 reads are
 *     there, of all commits only the head can be unpublished, and only the head may not last yet.
 *   - 3 replaces, so a sleeper could put an older checkpoint over a newer one. Both are true, and the older one does no
 *     harm to anybody's proof; but the newest must win. After each publication the head is read again, and if it moved,
 *     settling starts over. Of all publications take the one that came last: its process read the head after that, so
 *     either it published the newest head, or it goes on to publish again. Should it die in between, the next one to
 *     open the ledger finds a checkpoint that is not the head's, and settles.
 *   - The commit point does not look at the checkpoint at all. So an old checkpoint can never bring about a fork.
 *   - Nothing is signed for the public before 1 lasts: whoever finds the head of another confirms it first. So no two
 *     checkpoints of ours contradict each other.
 *
 * When a process is killed the files stay as they are: nothing of 2 is lost. When power is cut, any file of 2 and 3 may
 * be lost, or cut short, whose commit was not flushed yet. Those commits are kept, and nobody who was running then goes
 * on: so whoever opens the ledger to write derives all of them again first (flush.ts).
 */
import { NexusError } from '../../../model';
import { type Checkpoint, openCheckpoint, signCheckpoint, type TreeHead } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax } from '../formats/note';
import type { Random, SigningKey } from '../keys/key';
import { type Commit, parseCommit } from '../storage/commit';
import { damaged, isDamage } from '../storage/damage';
import { areHeadsEqual, type Head } from '../storage/head';
import { checkpointFile, commitFile, commitsFolder } from '../storage/layout';
import type { LedgerStorage, LogSource } from '../storage/storage';
import { makeConsistencyProof } from '../tree/proof';
import { areEqual, type Hash } from '../tree/tree';
import { type Extension, extendLog } from './extend';
import { LogView, readUncheckedLogEdge } from './log-view';
import { isTorn, refuseFork, refuseUnlessMoved } from './published';

/**
 * Asks others to sign a checkpoint before the world sees it.
 * @param checkpointNote signed by the log; the commit behind it lasts, and all tiles are there
 * @param proveSince the proof that the log extends its first entries (RFC 6962 section 2.1.2), nearest hash first
 * @returns the note with the cosignatures added. When it throws, the checkpoint is not published, the append says
 * `append-unpublished`, and the next append, or opening, tries again before it adds anything.
 */
export type Cosign = (
  checkpointNote: string,
  tree: TreeHead,
  proveSince: (size: number) => Promise<readonly Hash[]>,
) => Promise<string>;

/** Everything a writer uses of the world. */
export interface WriterContext {
  readonly storage: LedgerStorage;
  readonly log: SigningKey;
  readonly random: Random;
  readonly sleep: (timeMs: number) => Promise<void>;
  /** @default the log's signature is enough */
  readonly cosign?: Cosign | undefined;
  /** Told, in a sentence, what was wrong with the ledger and has been mended. @default nobody is */
  readonly report?: ((sentence: string) => void) | undefined;
}

/** The last commit, under the head that names it. */
export interface LastCommit {
  readonly head: Head;
  readonly commit: Commit;
}

/** What was read and checked last; what is read again and has the same name, or bytes, is not checked again. */
export class SettleMemory {
  last: LastCommit | undefined;
  checkpoint: Checkpoint | undefined;
}

/** Publishes the last commit unless it is, and gives it back. @throws NexusError `ledger-damaged` */
export async function settle(context: WriterContext, memory = new SettleMemory()): Promise<LastCommit> {
  const { storage, log } = context;
  for (;;) {
    const last = await readLastCommit(storage, log, memory);
    const checkpoint = await tryReadCheckpoint(context, memory);
    if (checkpoint !== undefined && areTreesEqual(checkpoint, last.commit.tree)) return last;
    if (checkpoint === undefined || checkpoint.size < last.head.size)
      await finishForAnother(context, last, memory);
    else await refuseUnlessMoved(storage, checkpointFile, checkpoint, last.head);
  }
}

async function finishForAnother(
  context: WriterContext,
  last: LastCommit,
  memory: SettleMemory,
): Promise<void> {
  const { storage, log } = context;
  await storage.confirmHead();
  const extension = await deriveAgain(storage, last.commit);
  await storage.place(extension.files, false);
  await refuseFork(storage, log, last.head, last.commit.tree);
  await finish(context, last, extension, memory);
}

export function areTreesEqual(left: TreeHead, right: TreeHead): boolean {
  return left.size === right.size && areEqual(left.root, right.root);
}

/** Steps 2 and 3 for a head that lasts. @param extension what the commit adds */
export async function finish(
  context: WriterContext,
  last: LastCommit,
  extension: Pick<Extension, 'files' | 'replacedFolders'>,
  memory: SettleMemory,
): Promise<void> {
  const { storage, log } = context;
  await storage.place(extension.files, false);
  if (!areHeadsEqual(await storage.readHead(), last.head)) return;
  const note = await cosigned(context, signCheckpoint(last.commit.tree, log), last.commit.tree);
  const bytes = Buffer.from(note);
  await storage.place([{ path: checkpointFile, bytes }], false);
  memory.checkpoint = { ...last.commit.tree, origin: log.name, extensions: [], note };
  memory.last = last;
  if (!storage.isPlacedLasting) return;
  // A failure here costs space and no more.
  const superseded = { commits: [last.commit.base.id], folders: extension.replacedFolders };
  await storage.retire(superseded).catch(() => undefined);
}

async function cosigned({ cosign, storage }: WriterContext, note: string, tree: TreeHead): Promise<string> {
  if (cosign === undefined) return note;
  const view = new LogView(tree, storage);
  try {
    return await cosign(note, tree, (size) => makeConsistencyProof(size, tree.size, view.tree.nodes));
  } catch (cause) {
    throw notCosigned(cause);
  }
}

/** Also that of whoever was asked and says why (quorum.ts). */
export const notCosignedCode = 'policy-unmet';

function notCosigned(cause: unknown): NexusError {
  if (cause instanceof NexusError && cause.code === notCosignedCode) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NexusError(notCosignedCode, `Cannot publish the ledger's checkpoint: ${reason}`, {
    ...(cause instanceof NexusError && cause.hint !== undefined && { hint: cause.hint }),
    cause,
  });
}

/** The commit that the head names. */
export async function readLastCommit(
  storage: LedgerStorage,
  log: NoteVerifier,
  memory = new SettleMemory(),
): Promise<LastCommit> {
  for (;;) {
    const head = await storage.readHead();
    if (memory.last !== undefined && areHeadsEqual(memory.last.head, head)) return memory.last;
    const bytes = await storage.readCommit(head.id);
    if (bytes !== undefined) {
      memory.last = { head, commit: checkSize(parseCommit(bytes, head.id, log), head) };
      return memory.last;
    }
    if (areHeadsEqual(await storage.readHead(), head))
      throw damaged(commitFile(head.id), 'missing, but it is the last commit');
  }
}

function checkSize(commit: Commit, head: Head): Commit {
  if (commit.tree.size === head.size) return commit;
  throw damaged(commitsFolder, `the head names size ${head.size}, but its commit has ${commit.tree.size}`);
}

/** Undefined for one that is spoiled; it follows from the head. */
async function tryReadCheckpoint(
  { storage, log, report }: WriterContext,
  memory: SettleMemory,
): Promise<Checkpoint | undefined> {
  try {
    memory.checkpoint = await readCheckpoint(storage, log, memory.checkpoint);
    return memory.checkpoint;
  } catch (error) {
    if (!isDamage(error)) throw error;
    const bytes = await storage.read(checkpointFile, noteSizeBytesMax).catch(() => undefined);
    if (!isTorn(bytes)) report?.(`${error.message}; it is signed anew from the last commit`);
    return undefined;
  }
}

/**
 * The published checkpoint, its signature checked.
 * @param known one that was checked before @throws NexusError `ledger-damaged`
 */
export async function readCheckpoint(
  source: LogSource,
  log: NoteVerifier,
  known?: Checkpoint,
): Promise<Checkpoint> {
  const bytes = await source.read(checkpointFile, noteSizeBytesMax);
  if (bytes === undefined) throw damaged(checkpointFile, 'missing');
  if (known !== undefined && areEqual(Buffer.from(known.note), bytes)) return known;
  return checkCheckpoint(bytes, log);
}

export function checkCheckpoint(bytes: Uint8Array, log: NoteVerifier, file = checkpointFile): Checkpoint {
  try {
    return openCheckpoint(bytes, log);
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? cause.message : 'unreadable', cause);
  }
}

/** What a commit adds, from the tiles before it: for one who did not make the commit, or after a crash. */
async function deriveAgain(source: LogSource, commit: Commit): Promise<Extension> {
  const { base, records, tree } = commit;
  const extension = extendLog(await readUncheckedLogEdge(source, base.size, records.length), records);
  if (areEqual(extension.root, tree.root)) return extension;
  throw damaged('tile', `the tiles at size ${base.size} do not lead to the root of the commit after them`);
}
