/**
 * Tells a console's lines for machines (`@nexus …`) from its text for people, in bytes as they come. A panic is for
 * people too. The text goes through at once and unchanged: only the few bytes that may yet turn out to be the beginning
 * of a line for machines are held back.
 */

const machinePrefix = '@nexus ';
const panicPrefix = '@nexus panic ';
const lineFeed = 10;

type LineKind = 'text' | 'machine' | 'undecided';

export class MachineLineFilter {
  /** Bytes held back: the beginning of a line that may be either. */
  held: Buffer = Buffer.alloc(0);
  private kind: LineKind = 'undecided';

  /** Whether the next bytes go on with a line that is left out. */
  get isWithinMachineLine(): boolean {
    return this.kind === 'machine';
  }

  /** @returns what of these bytes, and of those held back, is text */
  push(chunk: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.held, chunk]);
    const parts: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      if (this.decide(bytes.subarray(start, end), true) === 'text')
        parts.push(bytes.subarray(start, end + 1));
      this.kind = 'undecided';
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.kind = this.decide(rest, false);
    this.held = this.kind === 'undecided' ? rest : Buffer.alloc(0);
    if (this.kind === 'text') parts.push(rest);
    return Buffer.concat(parts);
  }

  /** The console ends here, perhaps within a line. @returns what was held back */
  end(): Buffer {
    const { held } = this;
    this.held = Buffer.alloc(0);
    this.kind = 'undecided';
    return held;
  }

  private decide(line: Buffer, isWhole: boolean): LineKind {
    return this.kind === 'undecided' ? kindOfLine(line, isWhole) : this.kind;
  }
}

function kindOfLine(line: Buffer, isWhole: boolean): LineKind {
  const head = line.toString('latin1', 0, panicPrefix.length);
  if (!isWhole && panicPrefix.startsWith(head) && head !== panicPrefix) return 'undecided';
  return head.startsWith(machinePrefix) && head !== panicPrefix ? 'machine' : 'text';
}
