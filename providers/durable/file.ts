/**
 * Files that last, and that are seen whole or not at all. These are all system calls on files, in order. To write one,
 * which makes or replaces it; of several writers at once the last rename wins:
 *
 *     openat(TEMPORARY, O_WRONLY|O_CREAT|O_EXCL|O_TRUNC, mode)  write…  fsync  close
 *     rename(TEMPORARY, path)
 *     openat(folder of path, O_RDONLY)  fsync  close
 *
 * To create one, which never replaces; of several at once exactly one wins:
 *
 *     openat(TEMPORARY, O_WRONLY|O_CREAT|O_EXCL|O_TRUNC, mode)  write…  fsync  close
 *     link(TEMPORARY, path)     EEXIST: somebody else's file is there, whole
 *     unlink(TEMPORARY)
 *     openat(folder of path, O_RDONLY)  fsync  close
 *
 * The first fsync makes the bytes last before any name leads to them, the second makes the name last. Before the
 * rename or link nothing has happened; after the last fsync a power cut undoes nothing; between the two either is
 * true. A temporary file of a killed process stays until {@link sweepTemporaries}.
 */
import { link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './error-code';
import { makeFolder, syncFolder } from './folder';
import { temporaryPath, writeSynced } from './temporary';

export interface DurableOptions {
  /** Who may open the file, less the process's umask. @default 0o600 */
  readonly mode?: number;
  /** Where it is written first, on the same file system; made when missing. @default the folder of the file */
  readonly temporaryFolder?: string;
}

/** Makes or replaces a file. Its folder must be there. */
export async function writeDurably(
  path: string,
  content: Uint8Array | string,
  options: DurableOptions = {},
): Promise<void> {
  await writeAndPlace(path, content, options, (temporary) => rename(temporary, path));
  await syncFolder(dirname(path));
}

/**
 * Makes the file if there is none; either way it lasts afterwards. Its folder must be there.
 * @returns whether this call made it
 */
export async function createDurably(
  path: string,
  content: Uint8Array | string,
  options: DurableOptions = {},
): Promise<boolean> {
  const isMade = await writeAndPlace(path, content, options, async (temporary) => {
    const isLinked = await linkUnlessThere(temporary, path);
    await rm(temporary, { force: true });
    return isLinked;
  });
  await syncFolder(dirname(path));
  return isMade;
}

const triesMax = 3;

/** Who shares the folder from another machine cannot see our process, and may sweep the file away: write it again. */
async function writeAndPlace<T>(
  path: string,
  content: Uint8Array | string,
  options: DurableOptions,
  place: (temporary: string) => Promise<T>,
  tries = 1,
): Promise<T> {
  const { mode = 0o600, temporaryFolder } = options;
  const temporary = temporaryPath(temporaryFolder ?? dirname(path));
  try {
    if (temporaryFolder !== undefined) await makeFolder(temporaryFolder);
    await writeSynced(temporary, content, mode);
    return await place(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    if (tries >= triesMax || errorCode(error) !== 'ENOENT') throw naming(path, error);
  }
  return writeAndPlace(path, content, options, place, tries + 1);
}

/** A full disk shows itself in write(2), and Node's error of that names no file. */
function naming(path: string, error: unknown): unknown {
  if (errorCode(error) === undefined || !(error instanceof Error) || 'path' in error) return error;
  error.message += ` '${path}'`;
  return Object.assign(error, { path });
}

async function linkUnlessThere(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
