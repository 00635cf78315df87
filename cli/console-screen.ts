/** How a console is shown: as text for people, as JSON lines for programs, or raw. */
import { ConsoleText, tailOf } from './console-text';
import type { CommonOptions, Sink } from './io';

/** Where a console's bytes go. */
export interface Screen {
  /** Shows the last lines of what was there before. */
  begin(log: Uint8Array, lines: number): void;
  show(chunk: Uint8Array): void;
  /** Finishes a line that has begun. */
  end(): void;
}

export interface ConsoleOptions extends CommonOptions {
  /** Every byte as it comes. */
  readonly raw?: boolean;
}

export function createScreen({ json, raw }: ConsoleOptions, out: Sink): Screen {
  if (json) return textScreen(new JsonLines(out));
  return raw ? rawScreen(out) : textScreen(new PlainText(out));
}

interface TextSink {
  write(text: string): void;
  end(): void;
}

function textScreen(sink: TextSink): Screen {
  const text = new ConsoleText();
  const show = (chunk: Uint8Array): void => sink.write(text.push(chunk));
  return { begin: (log, lines) => show(tailOf(log, lines)), show, end: () => sink.end() };
}

function rawScreen(out: Sink): Screen {
  const decoder = new TextDecoder('utf-8');
  const show = (bytes: Uint8Array): void => void out.write(decoder.decode(bytes, { stream: true }));
  return { begin: (log, lines) => show(tailOf(log, lines)), show, end: () => {} };
}

class PlainText implements TextSink {
  #isWithinLine = false;

  constructor(private readonly out: Sink) {}

  write(text: string): void {
    if (text === '') return;
    this.out.write(text);
    this.#isWithinLine = !text.endsWith('\n');
  }

  end(): void {
    if (this.#isWithinLine) this.write('\n');
  }
}

/** One object a line: `{"text":"hello: …"}`. */
class JsonLines implements TextSink {
  #rest = '';

  constructor(private readonly out: Sink) {}

  write(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.out.write(`${JSON.stringify({ text: line })}\n`);
  }

  end(): void {
    if (this.#rest !== '') this.write('\n');
  }
}
