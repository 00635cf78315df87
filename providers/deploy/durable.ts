/**
 * Writes that last. A new content becomes visible whole or not at all, also across SIGKILL and a power cut:
 *
 *     open(.NAME.RANDOM.tmp, O_CREAT|O_EXCL), write, fsync, close, rename(NAME) or link(NAME), fsync(folder)
 *
 * An interrupted write leaves at most a `.tmp` file, which {@link sweepTemporaries} removes.
 */
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const temporaryPattern = /^\..+\.[0-9a-f]{16}\.tmp$/;

/** Replaces the file, or makes it. */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> {
  const temporary = await writeTemporary(path, bytes, mode);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Makes the file if there is none; of several callers at once exactly one wins, as link(2) never replaces.
 * @returns whether this call made it
 */
export async function createDurably(
  path: string,
  bytes: Uint8Array | string,
  mode = 0o600,
): Promise<boolean> {
  const temporary = await writeTemporary(path, bytes, mode);
  try {
    await link(temporary, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes a folder only its owner can open, and makes that last. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolder(dirname(first));
}

/** Removes what interrupted writes left. Call it only while no writer is at work in the folder. */
export async function sweepTemporaries(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => temporaryPattern.test(name));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}

export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The errno word of a system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

async function writeTemporary(path: string, bytes: Uint8Array | string, mode: number): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return temporary;
}
