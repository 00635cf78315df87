/**
 * `console.log` of a node: what it said as text, byte for byte, for people. Records are not in it; they are in the
 * ledger. The host daemon is its only writer. When it would grow over its bound it becomes `console.log.1`, in place of
 * the one before; a line may begin in one and end in the other, and readers join the two.
 *
 * Nothing depends on it but messages, so it is not synced, and what cannot be written is counted and left out.
 */
import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFiles } from './state-folder';

/** Of each of the two files. */
export const consoleLogSizeBytesMax = 1_048_576;

/** Thousands of lines: more than anybody is shown. */
const tailSizeBytesMax = 262_144;
const lineFeed = 10;

/** A machine's console comes byte by byte: together they are written with one call, and not held for long. */
const batchTimeMs = 20;
const batchSizeBytes = 65_536;

export class ConsoleLog {
  /** Bytes that could not be written. */
  unwrittenSizeBytes = 0;
  private readonly path: string;
  private batch: Uint8Array[] = [];
  private batchedSizeBytes = 0;
  private timer: NodeJS.Timeout | undefined;
  private isFailing = false;
  private isClosed = false;

  /** @param report is told once when writing fails, and once when it works again */
  constructor(
    private readonly folder: string,
    private readonly report: (text: string) => void,
  ) {
    this.path = join(folder, nodeFiles.console);
  }

  /** Takes the bytes, which must not change any more; they are in the file a moment later. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.isClosed) return;
    this.batch.push(bytes);
    this.batchedSizeBytes += bytes.length;
    if (this.batchedSizeBytes >= batchSizeBytes) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), batchTimeMs);
  }

  /** Writes now what has been taken. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const bytes = Buffer.concat(this.batch);
    this.batch = [];
    this.batchedSizeBytes = 0;
    if (bytes.length > 0) this.append(bytes);
  }

  /** Begins a new line if the last one, of a machine that ended, has no end. */
  startLine(): void {
    this.flush();
    const last = readEnd(this.path, 1)?.bytes[0];
    if (last !== undefined && last !== lineFeed) this.write(Buffer.from('\n'));
  }

  /** From now on nothing is written: the node's folder may be removed. */
  close(): void {
    this.flush();
    this.isClosed = true;
  }

  /** The file is opened each time: it may be removed or cut by others, and there may be very many nodes. */
  private append(bytes: Buffer): void {
    try {
      if (sizeOf(this.path) + bytes.length > consoleLogSizeBytesMax) this.rotate();
      appendFileSync(this.path, bytes, { mode: 0o600 });
      this.handleSuccess();
    } catch (error) {
      this.handleFailure(error as NodeJS.ErrnoException, bytes.length);
    }
  }

  private rotate(): void {
    renameSync(this.path, join(this.folder, nodeFiles.consoleBefore));
  }

  private handleSuccess(): void {
    if (this.isFailing)
      this.report(
        `${nodeFiles.console} is written again; ${this.unwrittenSizeBytes} bytes are missing so far`,
      );
    this.isFailing = false;
  }

  private handleFailure(error: NodeJS.ErrnoException, sizeBytes: number): void {
    this.unwrittenSizeBytes += sizeBytes;
    if (!this.isFailing)
      this.report(`${nodeFiles.console} cannot be written, what the node says is not kept: ${error.message}`);
    this.isFailing = true;
  }
}

/** A place in the log that stays the same when the log is rotated. */
export interface ConsoleMark {
  readonly inode: number;
  readonly sizeBytes: number;
}

/** The log's end as it is now; undefined when there is no log. */
export function markConsoleLog(folder: string): ConsoleMark | undefined {
  const stat = statSync(join(folder, nodeFiles.console), { throwIfNoEntry: false });
  return stat === undefined ? undefined : { inode: stat.ino, sizeBytes: stat.size };
}

/** What was written after the mark, as far as it is still there. */
export function readConsoleSince(folder: string, mark: ConsoleMark | undefined): Buffer {
  const files = readFiles(folder, consoleLogSizeBytesMax);
  const first = files.findIndex(({ inode }) => inode === mark?.inode);
  const since = first < 0 ? files : files.slice(first);
  const skipped = first < 0 ? 0 : (mark?.sizeBytes ?? 0);
  return Buffer.concat(since.map(({ bytes }) => bytes)).subarray(skipped);
}

/** The last lines, whole ones; nothing when there is no log. */
export function readConsoleTail(folder: string): Buffer {
  const bytes = Buffer.concat(readFiles(folder, tailSizeBytesMax).map((file) => file.bytes));
  if (bytes.length < tailSizeBytesMax) return bytes;
  const tail = bytes.subarray(-tailSizeBytesMax);
  return tail.subarray(tail.indexOf(lineFeed) + 1);
}

interface FileEnd {
  readonly inode: number;
  readonly bytes: Buffer;
}

/** The ends of both files, the older one first. */
function readFiles(folder: string, sizeBytesMax: number): FileEnd[] {
  const current = readEnd(join(folder, nodeFiles.console), sizeBytesMax);
  const before = readEnd(join(folder, nodeFiles.consoleBefore), sizeBytesMax);
  // Rotated between the two: the same file.
  const isSame = current !== undefined && before?.inode === current.inode;
  return [isSame ? undefined : before, current].filter((file) => file !== undefined);
}

function readEnd(path: string, sizeBytesMax: number): FileEnd | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { ino, size } = fstatSync(descriptor);
    const bytes = Buffer.alloc(Math.min(size, sizeBytesMax));
    const count = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    return { inode: ino, bytes: bytes.subarray(0, count) };
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
