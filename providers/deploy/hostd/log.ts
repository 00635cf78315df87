/** The daemon's log: a line for each event, in a file that is cut to its newer half when it grows too long. */
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';

export type Log = (text: string) => void;

const sizeBytesMax = 262_144;

/** Writing the log must never end the daemon, so what cannot be written is left out. */
export function createLog(path: string, clock: () => number): Log {
  return (text) => {
    try {
      appendFileSync(path, `${new Date(clock()).toISOString()} ${text.slice(0, 1_000)}\n`, { mode: 0o600 });
      trimFile(path, sizeBytesMax);
    } catch {
      // The disk is full or the folder is gone: there is no better place to say so.
    }
  };
}

/** Cuts a file that is longer than the bound to its newer half, from the start of a line. Its writers must append. */
function trimFile(path: string, sizeBytesLimit: number): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) <= sizeBytesLimit) return;
  const bytes = readFileSync(path);
  const tail = bytes.subarray(-Math.floor(sizeBytesLimit / 2));
  writeFileSync(path, tail.subarray(tail.indexOf(10) + 1));
}
