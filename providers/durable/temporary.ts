/**
 * Files that are being written: `.PID-RANDOM.tmp`, RANDOM being 16 hex digits. The name tells the process, so that
 * what a killed one left can be told from what a living one writes. Where the number was given to another process
 * meanwhile, the file stays until that one is gone too.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './error-code';

const temporaryPattern = /^\.(\d+)-[0-9a-f]{16}\.tmp$/;

/** A name that no other write has. */
export function temporaryPath(folder: string): string {
  return join(folder, `.${process.pid}-${randomBytes(8).toString('hex')}.tmp`);
}

/** An empty file that no other write has, open to be written; who takes it renames or removes it. */
export async function createTemporary(
  folder: string,
  mode = 0o600,
): Promise<{ readonly path: string; readonly handle: FileHandle }> {
  const path = temporaryPath(folder);
  return { path, handle: await open(path, 'wx', mode) };
}

/** Makes a file and syncs its bytes, not its name. */
export async function writeSynced(path: string, content: Uint8Array | string, mode: number): Promise<void> {
  const handle = await open(path, 'wx', mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes the temporary files of processes that are no more. A folder that cannot be listed is left as it is. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const dead = names.filter((name) => {
    const process = temporaryPattern.exec(name)?.[1];
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
