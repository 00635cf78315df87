/** What is typed to a node: key by key on a terminal, else whatever standard input gives. */
import type { Io } from './io';

/** Ctrl-] as telnet has it: no cell needs it, and every other key is the node's. */
const leaveKey = 0x1d;

export class Keyboard {
  readonly #io: Io;
  readonly #onData: (chunk: Buffer | string) => void;

  constructor(io: Io, send: (bytes: Uint8Array) => void, leave: () => void) {
    this.#io = io;
    this.#onData = (chunk) => {
      const bytes = Buffer.from(chunk);
      const at = io.input.isTTY ? bytes.indexOf(leaveKey) : -1;
      const typed = at < 0 ? bytes : bytes.subarray(0, at);
      if (typed.length > 0) send(typed);
      if (at >= 0) leave();
    };
    if (io.input.isTTY) {
      io.input.setRawMode?.(true);
      io.err.write('Ctrl-] leaves this console.\n');
    }
    io.input.on('data', this.#onData);
    io.input.resume();
  }

  close(): void {
    const { input } = this.#io;
    input.off('data', this.#onData);
    if (input.isTTY) input.setRawMode?.(false);
    input.pause();
  }
}
