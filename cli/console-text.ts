/**
 * What a person is shown of a console: the lines of the kernel and of cells, as soon as their bytes come, and not the
 * `@nexus` lines that nodes and the host say to each other. A panic is for people too.
 */
import { showControls } from './terminal-text';

const machinePrefix = '@nexus ';
const panicPrefix = '@nexus panic ';
/** A line that ends nowhere is let go of after this. */
const pendingMax = 64 * 1024;

export class ConsoleText {
  readonly #decoder = new TextDecoder('utf-8');
  /** The beginning of a line that may yet turn out to be a machine's. */
  #pending = '';
  #isWithinLine = false;

  /** @returns what is to be shown of these bytes */
  push(chunk: Uint8Array): string {
    const text = this.#pending + this.#decoder.decode(chunk, { stream: true });
    this.#pending = '';
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    const shown = lines.map((line) => this.#endLine(line)).join('');
    return shown + this.#beginLine(rest);
  }

  #endLine(line: string): string {
    const isHidden = !this.#isWithinLine && isMachineLine(line);
    this.#isWithinLine = false;
    return isHidden ? '' : `${showLine(line)}\n`;
  }

  /** Shows the beginning of a line at once, as it may be a prompt, unless it may be a machine's. */
  #beginLine(text: string): string {
    if (text === '') return '';
    const mayBeMachine = machinePrefix.startsWith(text) || text.startsWith(machinePrefix);
    if (!this.#isWithinLine && mayBeMachine && text.length < pendingMax) {
      this.#pending = text;
      return '';
    }
    this.#isWithinLine = true;
    return showLine(text);
  }
}

export function isMachineLine(line: string): boolean {
  return line.startsWith(machinePrefix) && !line.startsWith(panicPrefix);
}

/** A serial line ends in CR LF or LF; a tab is a tab. */
function showLine(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(showControls).join('\t');
}

/** The end of a console's log: from the line on after which `countMax` lines of those that count have begun. */
export function tailOf(log: Uint8Array, countMax: number, counts: (line: string) => boolean): Uint8Array {
  const lines = Buffer.from(log).toString('latin1').split('\n');
  let missing = countMax;
  let first = lines.length;
  for (; first > 0 && missing > 0; first -= 1) {
    const line = lines[first - 1] ?? '';
    const isNone = first === lines.length && line === '';
    if (!isNone && counts(line)) missing -= 1;
  }
  return Buffer.from(lines.slice(first).join('\n'), 'latin1');
}

/** The last lines for people in a piece of a console's log. */
export function lastLines(log: Uint8Array, countMax: number): string[] {
  const shown = new ConsoleText().push(tailOf(log, countMax, (line) => !isMachineLine(line)));
  return shown === '' ? [] : shown.replace(/\n$/, '').split('\n');
}

/** What came over the stream while the log was read may stand at the log's end already. */
export function withoutOverlap(log: Uint8Array, streamed: Buffer): Buffer {
  for (let size = Math.min(log.length, streamed.length); size > 0; size -= 1)
    if (streamed.subarray(0, size).equals(log.subarray(log.length - size))) return streamed.subarray(size);
  return streamed;
}
