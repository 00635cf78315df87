/** One writer at a time in a node's folder: deploying and removing wait for each other. */
import { stat } from 'node:fs/promises';
import { errorCode, makeFolder } from '../durable';
import { type LockHolder, withFolderLock } from './process-lock';
import { nodePaths } from './state-folder';

export interface NodeLockOptions {
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((text: string) => void) | undefined;
}

/** Runs the work as the folder's only writer, in a folder that is there. */
export async function withNodeLock<T>(
  stateDir: string,
  node: string,
  options: NodeLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    await makeFolder(nodePaths(stateDir, node).folder);
    const outcome = await lockExisting(stateDir, node, options, work);
    if (outcome !== 'removed') return outcome.value;
  }
}

/** The same, but does nothing when the node has no folder. */
export async function withNodeLockIfThere(
  stateDir: string,
  node: string,
  options: NodeLockOptions,
  work: () => Promise<void>,
): Promise<void> {
  while ((await inodeOf(nodePaths(stateDir, node).folder)) !== undefined)
    if ((await lockExisting(stateDir, node, options, work)) !== 'removed') return;
}

/** The lock is on the folder's inode: who waited for a removal then holds a lock on a folder that is gone. */
async function lockExisting<T>(
  stateDir: string,
  node: string,
  options: NodeLockOptions,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | 'removed'> {
  const { folder } = nodePaths(stateDir, node);
  const inode = await inodeOf(folder);
  if (inode === undefined) return 'removed';
  const onWait = (holder: LockHolder | undefined): void =>
    options.progress?.(`waiting for process ${holder?.pid ?? 'unknown'}, ${holder?.what ?? 'at work'}`);
  const lock = { what: options.what, signal: options.signal, onWait };
  try {
    return await withFolderLock(folder, 'node', lock, async () =>
      (await inodeOf(folder)) === inode ? { value: await work() } : 'removed',
    );
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && (await inodeOf(folder)) !== inode) return 'removed';
    throw error;
  }
}

async function inodeOf(folder: string): Promise<number | undefined> {
  try {
    return (await stat(folder)).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
