/**
 * What a person is shown of a console: the lines of the kernel and of cells, as soon as their bytes come, and not the
 * `@nexus` lines that nodes and the host say to each other. A panic is for people too.
 */
import { MachineLineFilter } from '../providers/deploy';
import { showControls } from './terminal-text';

export class ConsoleText {
  readonly #filter = new MachineLineFilter();
  readonly #decoder = new TextDecoder('utf-8');

  /** @returns what is to be shown of these bytes */
  push(chunk: Uint8Array): string {
    const text = this.#decoder.decode(this.#filter.push(chunk), { stream: true });
    return text.split('\n').map(showLine).join('\n');
  }
}

/** A serial line ends in CR LF or LF; a tab is a tab. */
function showLine(line: string): string {
  return line.replace(/\r$/, '').split('\t').map(showControls).join('\t');
}

/** The last lines of a piece of a console's log. */
export function tailOf(log: Uint8Array, countMax: number): Uint8Array {
  const lines = Buffer.from(log).toString('latin1').split('\n');
  const last = lines.at(-1) === '' ? lines.length - 1 : lines.length;
  return Buffer.from(lines.slice(Math.max(0, last - countMax)).join('\n'), 'latin1');
}

/** The same as they are shown, each without its end. */
export function lastLines(log: Uint8Array, countMax: number): string[] {
  const shown = new ConsoleText().push(tailOf(log, countMax));
  return shown === '' ? [] : shown.replace(/\n$/, '').split('\n');
}
