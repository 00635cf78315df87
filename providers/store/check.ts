/**
 * The check: the hash of every block taken again, in threads, a megabyte of memory a thread. A bad block can be removed,
 * so that it is built or pulled again; before that its hash is taken once more, as somebody may have mended it.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { type Cid, digestOfCid } from '../../model';
import type { BlockStore } from './block-store';
import { digestOfFile, type FileDigest } from './check-file';
import { createHashers, type Hasher } from './hasher';
import type { StoreProgress } from './sweep';

export interface CheckStoreOptions {
  /** Removes what is bad. @default false */
  readonly isRepair?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told bytes. @default nobody is told */
  readonly onProgress?: StoreProgress | undefined;
}

export interface BadBlock {
  readonly cid: Cid;
  /** `changed`, or the system's word for why it cannot be read, such as `EIO`. */
  readonly problem: string;
  readonly isRemoved: boolean;
}

export interface CheckedStore {
  readonly count: number;
  readonly sizeBytes: number;
  readonly bad: readonly BadBlock[];
}

const batchLength = 64;

/** Takes the hash of every block. @throws what `signal` was aborted with */
export async function checkStore(store: BlockStore, options: CheckStoreOptions = {}): Promise<CheckedStore> {
  const blocks = (await store.list()).map((cid) => ({ cid, sizeBytes: store.sizeBytesOf(cid) ?? 0 }));
  const sizeBytes = blocks.reduce((sum, block) => sum + block.sizeBytes, 0);
  const hashers = createHashers(sizeBytes);
  const bad: BadBlock[] = [];
  let doneBytes = 0;
  const batches = batchesOf(blocks);
  const work = async (hasher: Hasher): Promise<void> => {
    for (const batch of batches) {
      options.signal?.throwIfAborted();
      const digests = await hasher.hash(batch.map(({ cid }) => store.pathOf(cid)));
      for (const [at, { cid, sizeBytes: size }] of batch.entries()) {
        const problem = problemOf(cid, digests[at], store);
        if (problem !== undefined) bad.push({ cid, problem, isRemoved: remove(cid, store, options) });
        doneBytes += size;
      }
      options.onProgress?.('check', doneBytes, sizeBytes);
    }
  };
  try {
    if (options.isRepair) await mkdir(store.condemnedFolder, { recursive: true, mode: 0o700 });
    await Promise.all(hashers.map(work));
  } finally {
    await Promise.all(hashers.map((hasher) => hasher.close()));
  }
  return {
    count: blocks.length,
    sizeBytes,
    bad: bad.toSorted((left, right) => (left.cid < right.cid ? -1 : 1)),
  };
}

/** One for all who take from it. */
function batchesOf<T>(items: readonly T[]): IterableIterator<readonly T[]> {
  const batches = Array.from({ length: Math.ceil(items.length / batchLength) }, (_, at) =>
    items.slice(at * batchLength, (at + 1) * batchLength),
  );
  return batches.values();
}

function problemOf(cid: Cid, digest: FileDigest | undefined, store: BlockStore): string | undefined {
  if (digest === undefined || 'sha256' in digest)
    return digest?.sha256 === hexOf(cid) ? undefined : 'changed';
  // Swept meanwhile: that is nobody's fault.
  return digest.error === 'ENOENT' && !existsSync(store.pathOf(cid)) ? undefined : digest.error;
}

const hexOf = (cid: Cid): string => Buffer.from(digestOfCid(cid)).toString('hex');

/** Aside first: whoever puts the block meanwhile puts it in its place, and what is judged stays the same file. */
function remove(cid: Cid, store: BlockStore, { isRepair = false }: CheckStoreOptions): boolean {
  if (!isRepair) return false;
  const [path, aside] = [store.pathOf(cid), store.condemnedPathOf(cid)];
  try {
    renameSync(path, aside);
    const digest = digestOfFile(aside);
    if ('sha256' in digest && digest.sha256 === hexOf(cid)) renameSync(aside, path);
    else rmSync(aside, { force: true, recursive: true });
    return true;
  } catch {
    return !existsSync(path);
  }
}
