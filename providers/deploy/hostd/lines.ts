/** Splits what comes from a console into lines, with a bound: a guest must not be able to fill the host's memory. */

export class LineSplitter {
  /** Lines that were longer than the bound and were left out. */
  droppedLines = 0;
  private pending: Buffer[] = [];
  private pendingSizeBytes = 0;
  private skipping = false;

  /** @param lineSizeBytesMax without the line's end */
  constructor(private readonly lineSizeBytesMax: number) {}

  /** @returns the lines that are complete now, without "\n" or "\r\n" */
  push(chunk: Uint8Array): string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.keep(bytes.subarray(start, end));
      this.finishLine(lines);
      start = end + 1;
    }
    this.keep(bytes.subarray(start));
    return lines;
  }

  /** Forgets an unfinished line, as after a new connection. */
  reset(): void {
    this.pending = [];
    this.pendingSizeBytes = 0;
    this.skipping = false;
  }

  private keep(part: Buffer): void {
    if (this.skipping || part.length === 0) return;
    if (this.pendingSizeBytes + part.length > this.lineSizeBytesMax + 1) {
      this.reset();
      this.skipping = true;
      return;
    }
    // A copy, as the chunk's memory belongs to the socket.
    this.pending.push(Buffer.from(part));
    this.pendingSizeBytes += part.length;
  }

  private finishLine(lines: string[]): void {
    const line = Buffer.concat(this.pending).toString('latin1').replace(/\r$/, '');
    if (this.skipping || line.length > this.lineSizeBytesMax) this.droppedLines += 1;
    else lines.push(line);
    this.reset();
  }
}
