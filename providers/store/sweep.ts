/**
 * The sweep: removes the blocks that nothing leads to. It needs no lock, so that builds go on beside it.
 *
 *     1  what an interrupted sweep left in condemned/ goes back
 *     2  a block is old when it was last put or touched before both: now less the grace, and the start of the oldest
 *        living process that works in the store
 *     3  all that the roots lead to is marked
 *     4  each old block without a mark:  rename to condemned/   look at its time again   unlink, or rename back
 *
 * Whoever touches a block before the rename in 4 is seen after it, and the block goes back; whoever comes after the
 * rename finds no block, and writes it again. Between the two a reader finds it in condemned/. So no block is lost
 * that somebody has put or asked for since he began, and none that a root leads to. Interrupted anywhere: step 1.
 */
import { mkdirSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Cid, isCid } from '../../model';
import { errorCode } from '../durable';
import type { BlockStore } from './block-store';
import { oldestUseMs, touchAfterMs } from './in-use';
import { reach } from './links';

/** Called as work goes on: the phase, how much of it is done, and of how much. */
export type StoreProgress = (phase: string, done: number, total: number) => void;

export interface SweepOptions {
  /** What must stay, with all that it leads to; asked for after the old blocks are known. */
  readonly roots: () => Promise<Iterable<Cid>>;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** What was put or touched so lately stays in any case. @default 24 hours; never under the time of a touch */
  readonly graceMs?: number | undefined;
  /** Says what would be removed and removes nothing. @default false */
  readonly isDryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default nobody is told */
  readonly onProgress?: StoreProgress | undefined;
}

export interface Swept {
  readonly removedCount: number;
  readonly removedSizeBytes: number;
  /** Without those that are too young to be judged. */
  readonly neededCount: number;
  readonly neededSizeBytes: number;
  /** Nothing leads to them; they are too young, or touched by somebody at work. */
  readonly sparedCount: number;
  readonly sparedSizeBytes: number;
  /** What the roots lead to and is not there. */
  readonly missing: readonly Cid[];
}

const dayMs = 24 * 60 * 60_000;
const pauseAfter = 256;

/** Removes what is old and not needed. @throws what `signal` was aborted with; then the next sweep goes on */
export async function sweep(store: BlockStore, options: SweepOptions): Promise<Swept> {
  restoreCondemned(store);
  const { signal, onProgress } = options;
  const limitMs = await ageLimitMs(store, options);
  const all = await store.list();
  const { reached, missing } = await reach(await options.roots(), store, { signal });
  const tally = new Tally();
  for (const [index, cid] of all.entries()) {
    if (index % pauseAfter === 0) await setImmediate();
    signal?.throwIfAborted();
    onProgress?.('sweep', index + 1, all.length);
    const found = statSync(store.pathOf(cid), { throwIfNoEntry: false });
    if (found === undefined) continue;
    const isOld = found.mtimeMs < limitMs;
    if (reached.has(cid)) tally.add('needed', found.size);
    else if (isOld && (options.isDryRun === true || condemn(store, cid, limitMs)))
      tally.add('removed', found.size);
    else tally.add('spared', found.size);
  }
  return { ...tally.counts, missing: [...missing].sort() };
}

async function ageLimitMs(store: BlockStore, { nowMs, graceMs = dayMs }: SweepOptions): Promise<number> {
  const startMs = await oldestUseMs(store.folder);
  const byGrace = nowMs - Math.max(graceMs, touchAfterMs);
  return startMs === undefined ? byGrace : Math.min(byGrace, startMs - touchAfterMs);
}

/** Step 4. @returns whether the block is gone */
export function condemn(store: BlockStore, cid: Cid, limitMs: number): boolean {
  const [path, condemned] = [store.pathOf(cid), store.condemnedPathOf(cid)];
  mkdirSync(dirname(condemned), { recursive: true, mode: 0o700 });
  return unlessGone(() => {
    renameSync(path, condemned);
    if (statSync(condemned).mtimeMs < limitMs) {
      unlinkSync(condemned);
      return true;
    }
    renameSync(condemned, path);
    return false;
  });
}

/** Another sweep beside this one may be faster. */
function unlessGone(action: () => boolean): boolean {
  try {
    return action();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Step 1. */
function restoreCondemned(store: BlockStore): void {
  for (const cid of namesIn(store.condemnedFolder).filter(isCid)) {
    mkdirSync(dirname(store.pathOf(cid)), { recursive: true, mode: 0o700 });
    unlessGone(() => {
      renameSync(store.condemnedPathOf(cid), store.pathOf(cid));
      return true;
    });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

class Tally {
  readonly counts = {
    removedCount: 0,
    removedSizeBytes: 0,
    neededCount: 0,
    neededSizeBytes: 0,
    sparedCount: 0,
    sparedSizeBytes: 0,
  };

  add(kind: 'removed' | 'needed' | 'spared', sizeBytes: number): void {
    this.counts[`${kind}Count`] += 1;
    this.counts[`${kind}SizeBytes`] += sizeBytes;
  }
}
