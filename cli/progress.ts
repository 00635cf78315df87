/** One line of progress on a terminal, overwritten in place; nothing where no one looks. */
import type { Sink } from './io';

export interface Progress {
  /** Says what is under way, e.g. `compile  cell hello`. */
  step(phase: string, detail?: string): void;
  /** Takes the line away again, so that the result starts on a clean one. */
  clear(): void;
}

const clearLine = '\r\u001b[K';

export function createProgress(sink: Sink, isQuiet: boolean): Progress {
  if (isQuiet || sink.isTTY !== true) return { step: () => {}, clear: () => {} };
  // A terminal that does not know its width says 0.
  const width = (sink.columns || 80) - 1;
  return {
    step: (phase, detail = '') => {
      sink.write(`${clearLine}${`${phase.padEnd(10)} ${detail}`.slice(0, width)}`);
    },
    clear: () => {
      sink.write(clearLine);
    },
  };
}
