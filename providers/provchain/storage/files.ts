/**
 * The file system as the ledger's folder (folder-storage.ts) sees it: few operations, each of which either happens or does not, so that a test can
 * stand in for the disk and for the crash. Paths are relative to the ledger's folder.
 *
 * What makes a write last (POSIX; no more is assumed):
 *   - bytes:            open(O_CREAT|O_EXCL), pwrite, fsync, close
 *   - a file's name:    fsync of its folder, and of that folder's name in the one above, up to the ledger's own
 *   - a file's change:  never in place; a new file, synced, then rename over the old, then fsync of the folder
 * An fsync that failed is never repeated on the same file: the kernel may have dropped the pages and call them clean.
 */
import {
  closeSync,
  type Dirent,
  existsSync,
  fstatSync,
  fsync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../durable';
import { damaged } from './damage';

export interface LedgerFiles {
  /** A whole file, undefined when there is none. @throws NexusError `ledger-damaged` when it is larger */
  read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined>;
  /** Whether there is such a file. */
  exists(path: string): Promise<boolean>;
  /** Makes a file that did not exist. What it gives back is to be closed. */
  create(path: string, bytes: Uint8Array): Promise<NewFile>;
  /** Atomic, and replaces `to`. False when `from`, or the folder of `to`, is not there. */
  rename(from: string, to: string): Promise<boolean>;
  /** Gives a file a second name. `there` when that is taken, `missing` when its folder is not there. */
  link(from: string, to: string): Promise<'made' | 'there' | 'missing'>;
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

/**
 * A file just made, still open. Its sync is the only one that proves anything: the kernel tells an error of writing back
 * to descriptors that were open then, and to the first that is opened later, and to nobody after that.
 */
export interface NewFile {
  /** Makes the bytes last; not the name. */
  sync(): Promise<void>;
  close(): void;
}

const sync = promisify(fsync);

/**
 * The real disk. What waits for the disk, fsync, waits beside the event loop. All else works on the kernel's cache, in
 * a tenth of the time that the way to another thread and back would take: a single append has a hundred such calls.
 */
export function diskFiles(folder: string): LedgerFiles {
  const at = (path: string): string => join(folder, path);
  return {
    read: async (path, sizeBytesMax) => readBounded(at(path), path, sizeBytesMax),
    exists: async (path) => existsSync(at(path)),
    create: async (path, bytes) => createFile(at(path), bytes),
    rename: async (from, to) => isDone(() => renameSync(at(from), at(to))),
    link: async (from, to) => link(at(from), at(to)),
    remove: async (path) => rmSync(at(path), { force: true }),
    removeFolder: async (path) => rmSync(at(path), { recursive: true, force: true }),
    list: async (path) => unlessMissing(() => readdirSync(at(path)).sort()),
    makeFolder: async (path) => makeFolder(at(path)),
    syncFolder: (path) => syncFolder(at(path)),
    walk: async () => walk(folder, '').sort(),
  };
}

function unlessMissing<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

const isDone = (operation: () => void): boolean =>
  unlessMissing(() => {
    operation();
    return true;
  }) === true;

function readBounded(file: string, path: string, sizeBytesMax: number): Uint8Array | undefined {
  const descriptor = unlessMissing(() => openSync(file, 'r'));
  if (descriptor === undefined) return undefined;
  try {
    const { size } = fstatSync(descriptor);
    if (size > sizeBytesMax) throw damaged(path, `${size} bytes, expected at most ${sizeBytesMax}`);
    return new Uint8Array(readFileSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function createFile(file: string, bytes: Uint8Array): NewFile {
  const descriptor = openSync(file, 'wx', 0o644);
  try {
    // At a position, so that this is pwrite(2), which nothing else in the process calls: tests inject faults there.
    for (let done = 0; done < bytes.length; )
      done += writeSync(descriptor, bytes, done, bytes.length - done, done);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return { sync: () => sync(descriptor), close: () => closeSync(descriptor) };
}

function link(from: string, to: string): 'made' | 'there' | 'missing' {
  try {
    return isDone(() => linkSync(from, to)) ? 'made' : 'missing';
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return 'there';
    throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const descriptor = unlessMissing(() => openSync(folder, 'r'));
  if (descriptor === undefined) return;
  try {
    await sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function walk(folder: string, below: string): string[] {
  const entries: Dirent[] =
    unlessMissing(() => readdirSync(join(folder, below), { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? walk(folder, path) : [path];
  });
}
