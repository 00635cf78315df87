/**
 * The file system as the ledger sees it: few operations, each of which either happens or does not, so that a test can
 * stand in for the disk and for the crash. Paths are relative to the ledger's folder.
 *
 * What makes a write last (POSIX; no more is assumed):
 *   - bytes:            open(O_CREAT|O_EXCL), pwrite, fsync, close
 *   - a file's name:    fsync of its folder, and of that folder's name in the one above, up to the ledger's own
 *   - a file's change:  never in place; a new file, synced, then rename over the old, then fsync of the folder
 * An fsync that failed is never repeated on the same file: the kernel may have dropped the pages and call them clean.
 */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damaged } from './damage';

export interface LedgerFiles {
  /** A whole file, undefined when there is none. @throws NexusError `ledger-damaged` when it is larger */
  read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined>;
  /** Makes a file that did not exist, and syncs its bytes (not its name). */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Atomic, and replaces `to`. False when `from`, or the folder of `to`, is not there. */
  rename(from: string, to: string): Promise<boolean>;
  /** Does nothing when there is no such file. */
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it. */
  removeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted, undefined when there is none. */
  list(folder: string): Promise<string[] | undefined>;
  /** Makes a folder; does nothing when it exists. Its parent exists. */
  makeFolder(path: string): Promise<void>;
  /** Makes the names in a folder last. Does nothing when the folder is gone, as a replaced one may be. */
  syncFolder(path: string): Promise<void>;
  /** Paths of all files at any depth, sorted. */
  walk(): Promise<string[]>;
}

/** The real disk. */
export function diskFiles(folder: string): LedgerFiles {
  const at = (path: string): string => join(folder, path);
  return {
    read: (path, sizeBytesMax) => readBounded(at(path), path, sizeBytesMax),
    create: (path, bytes) => createDurably(at(path), bytes),
    rename: (from, to) =>
      unlessMissing(rename(at(from), at(to)).then(() => true)).then((done) => done === true),
    remove: (path) => rm(at(path), { force: true }),
    removeFolder: (path) => rm(at(path), { recursive: true, force: true }),
    list: (path) => unlessMissing(readdir(at(path)).then((names) => names.sort())),
    makeFolder: (path) => makeFolder(at(path)),
    syncFolder: (path) => syncFolder(at(path)),
    walk: () => walk(folder, ''),
  };
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === code;
}

async function readBounded(
  file: string,
  path: string,
  sizeBytesMax: number,
): Promise<Uint8Array | undefined> {
  const handle = await unlessMissing(open(file, 'r'));
  if (handle === undefined) return undefined;
  try {
    const { size } = await handle.stat();
    if (size > sizeBytesMax) throw damaged(path, `${size} bytes, expected at most ${sizeBytesMax}`);
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}

async function createDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o644);
  try {
    // At a position, so that this is pwrite(2), which nothing else in the process calls: tests inject faults there.
    for (let done = 0; done < bytes.length; )
      done += (await handle.write(bytes, done, bytes.length - done, done)).bytesWritten;
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await unlessMissing(open(folder, 'r'));
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

async function walk(folder: string, below: string): Promise<string[]> {
  const entries = (await unlessMissing(readdir(join(folder, below), { withFileTypes: true }))) ?? [];
  const nested = entries.map((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? walk(folder, path) : Promise.resolve([path]);
  });
  return (await Promise.all(nested)).flat().sort();
}
