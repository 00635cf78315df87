/**
 * Who works in a store: an empty file in `FOLDER/in-use/` for each process, named as a temporary file is
 * (`.PID-RANDOM.tmp`), so that the mark of a dead process is told from that of a living one. Its time is that of the
 * process's first use. A sweep spares all that is younger than the oldest mark: a build may take days.
 */
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, sweepTemporaries, temporaryPath } from '../durable';

/** A block that was touched within this time is not touched again: a plan asks for the same ones many times. */
export const touchAfterMs = 10 * 60_000;

/** One store's mark in this process, set when it is first used. It ends with the process. */
export class InUseMark {
  #isSet = false;

  constructor(private readonly folder: string) {}

  set(): void {
    if (this.#isSet) return;
    this.#isSet = true;
    const folder = inUseFolder(this.folder);
    unlessReadOnly(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(temporaryPath(folder), '', { flag: 'wx', mode: 0o600 });
    });
  }
}

/** Who may only read a store can neither mark nor touch; nor is it his build that a sweep could harm. */
export function unlessReadOnly(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) throw error;
  }
}

/** When the oldest of the living processes began, in milliseconds since 1970; undefined while nobody works here. */
export async function oldestUseMs(folder: string): Promise<number | undefined> {
  const marks = inUseFolder(folder);
  await sweepTemporaries(marks);
  const times = namesIn(marks)
    .map((name) => statSync(join(marks, name), { throwIfNoEntry: false })?.mtimeMs)
    .filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function inUseFolder(folder: string): string {
  return join(folder, 'in-use');
}
