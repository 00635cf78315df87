/**
 * Where lock files lie that were built from: `lock-files` in the state folder, one absolute path a line. What they pin
 * stays in the store (`nexus store gc`), so that it can be built when the mirror has lost it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, makeFolder, writeDurably } from '../providers/durable';

/** Notes a lock file that is built from; once is enough. */
export async function noteLockFile(stateDir: string, path: string): Promise<void> {
  const known = await listLockFiles(stateDir);
  if (known.includes(path)) return;
  await makeFolder(stateDir);
  await writeDurably(
    join(stateDir, 'lock-files'),
    [...known, path]
      .sort()
      .map((each) => `${each}\n`)
      .join(''),
  );
}

/** The lock files that were noted, sorted; some may be gone. */
export async function listLockFiles(stateDir: string): Promise<readonly string[]> {
  try {
    const text = await readFile(join(stateDir, 'lock-files'), 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
