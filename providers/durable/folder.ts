/**
 * Folders that last. A name in a folder is on the disk only when the folder is synced; for a folder just made that
 * means the one above it:
 *
 *     mkdir(A, 0700)  mkdir(A/B, 0700)  fsync(A)  fsync(folder of A)
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from './error-code';

/** Makes a folder, and those above it, that only its owner can open. Does nothing when it exists. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(resolve(path), { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let folder = resolve(path); folder.length >= first.length; folder = dirname(folder))
    await syncUnlessGone(dirname(folder));
}

/** Somebody may remove the empty folder at once; who then works in it finds out. */
async function syncUnlessGone(path: string): Promise<void> {
  await syncFolder(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

/** Makes the names in a folder last: those added, those changed and those removed. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
