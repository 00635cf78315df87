/**
 * What was made of files, remembered while they stay as they are: one plan asks for the same ones for every cell. It
 * lives as long as its process and is never written down.
 *
 * A file, or the list of names in a folder, is as it was while its device, inode, size, time of content and time of
 * change are; all are asked again at each use. One that changed less than two seconds before it was looked at is not
 * remembered: it could change once more within one tick of the file system's clock, and look the same
 * (https://git-scm.com/docs/racy-git).
 */
import { type BigIntStats, statSync } from 'node:fs';

const settledAfterMs = 2000;

/** Tells of a file or folder, before it is read, that a result depends on it. */
export type RelyOn = (path: string) => void;

interface Memory<T> {
  readonly stamps: ReadonlyMap<string, string>;
  readonly value: T;
}

export class FileMemory<T> {
  readonly #memories = new Map<string, Memory<T>>();

  /** @param clock milliseconds since 1970, as the file system has it */
  constructor(
    private readonly clock: () => number = Date.now,
    private readonly countMax = 8192,
  ) {}

  /** The value of that name: the one that was made last, or a new one when a file that it relies on is another. */
  async recall(name: string, make: (relyOn: RelyOn) => Promise<T>): Promise<T> {
    const known = this.#memories.get(name);
    if (known !== undefined && isAsItWas(known.stamps)) return known.value;
    this.#memories.delete(name);
    const stamps = new Map<string, string>();
    let isSettled = true;
    const value = await make((path) => {
      const status = statusOf(path);
      isSettled &&= status !== undefined && Number(status.ctimeMs) < this.clock() - settledAfterMs;
      if (status !== undefined) stamps.set(path, stampOf(status));
    });
    if (isSettled) this.#keep(name, { stamps, value });
    return value;
  }

  #keep(name: string, memory: Memory<T>): void {
    const [oldest] = this.#memories.keys();
    if (this.#memories.size >= this.countMax && oldest !== undefined) this.#memories.delete(oldest);
    this.#memories.set(name, memory);
  }
}

function isAsItWas(stamps: ReadonlyMap<string, string>): boolean {
  for (const [path, stamp] of stamps) {
    const status = statusOf(path);
    if (status === undefined || stampOf(status) !== stamp) return false;
  }
  return true;
}

function statusOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
