/**
 * Writes that last and that are seen whole or not at all. The system calls, in order:
 *
 *     open(temporary/PID-RANDOM, O_CREAT|O_EXCL)  write  fsync  close  rename(…, target)  open(folder)  fsync
 *
 * Several processes may write one target at once; the last rename wins. A killed process leaves its temporary file
 * behind, which {@link sweepTemporaries} removes: its name tells the process.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Makes or replaces a file. @param temporaryFolder on the same file system, made if it is not there */
export async function writeDurably(path: string, bytes: Uint8Array, temporaryFolder: string): Promise<void> {
  await makeFolder(dirname(path));
  await writeAndRename(path, bytes, temporaryFolder, 3);
  await syncFolder(dirname(path));
}

/** Another machine that shares the folder cannot see our process, and may sweep the file away: write it again. */
async function writeAndRename(path: string, bytes: Uint8Array, folder: string, tries: number): Promise<void> {
  await makeFolder(folder);
  const temporary = join(folder, `${process.pid}-${randomBytes(8).toString('hex')}`);
  try {
    await writeSynced(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    if (tries <= 1 || errorCode(error) !== 'ENOENT') throw error;
    await writeAndRename(path, bytes, folder, tries - 1);
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, each one's entry made to last. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder))
    await syncFolder(dirname(folder));
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes the temporary files of processes that are no more. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const dead = names.filter((name) => {
    const process = /^(\d+)-[0-9a-f]{16}$/.exec(name)?.[1];
    return process !== undefined && !isAlive(Number(process));
  });
  await Promise.all(dead.map((name) => rm(join(folder, name), { force: true })));
}

/** Signal 0 asks without sending anything; a process of another user answers EPERM. */
function isAlive(process: number): boolean {
  try {
    return globalThis.process.kill(process, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** The errno word of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
