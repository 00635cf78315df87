/** The lock beside a system.kdl: `system.kdl` has `nexus.lock.kdl`, `system-web.kdl` has `nexus-web.lock.kdl`. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatLock, type Lock, parseLock } from '../model';
import { errorCode, writeDurably } from '../providers/durable';

export function lockFileOf(systemFile: string): string {
  const name = basename(systemFile).replace(/\.kdl$/, '');
  return join(dirname(systemFile), `${name.replace(/^system(?=-|$)/, 'nexus')}.lock.kdl`);
}

/** Undefined when there is none yet. @throws NexusError with file, line and column */
export async function readLock(file: string, named: string): Promise<Lock | undefined> {
  try {
    return parseLock(await readFile(file, 'utf8'), named);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all. */
export async function writeLock(file: string, lock: Lock): Promise<void> {
  await writeDurably(file, formatLock(lock), { mode: 0o666 });
}
