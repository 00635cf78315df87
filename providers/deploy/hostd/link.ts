/**
 * A connection to a socket of a node's machine that is kept up: the machine listens, and may start, end and start
 * again at any time. Tries come quickly at first: a machine that was just started listens within milliseconds, and
 * waits for the connection to its console.
 */
import type { Socket } from 'node:net';
import { connectInFolder } from '../unix-socket';

export interface LinkEvents {
  readonly onOpen?: () => void;
  readonly onData: (chunk: Buffer) => void;
  readonly onClose?: () => void;
}

/** Between two tries: an eighth of the time that has been tried already, within these. */
const retryMs = { min: 5, max: 250 } as const;

export class Link {
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private hurriedMs = performance.now();
  private ended = false;
  private open = false;

  constructor(
    private readonly folder: string,
    private readonly name: string,
    /** Bytes that may wait for a slow reader; what comes above is refused. */
    private readonly queueSizeBytesMax: number,
    private readonly events: LinkEvents,
  ) {
    this.connect();
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** @returns whether it was taken; it is not when the link is down or the reader is too slow */
  write(bytes: Uint8Array): boolean {
    if (this.socket === undefined || !this.open) return false;
    if (this.socket.writableLength + bytes.length > this.queueSizeBytesMax) return false;
    this.socket.write(bytes);
    return true;
  }

  /** Tries again at once and quickly, as after a start of the machine. */
  hurry(): void {
    this.hurriedMs = performance.now();
    if (this.timer === undefined || this.ended) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Drops this connection and makes a new one. */
  restart(): void {
    this.socket?.destroy();
  }

  close(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.socket?.destroy();
  }

  private connect(): void {
    this.timer = undefined;
    let socket: Socket;
    try {
      socket = connectInFolder(this.folder, this.name);
    } catch {
      this.retryLater();
      return;
    }
    this.socket = socket;
    socket.on('connect', () => this.handleOpen());
    socket.on('data', (chunk) => this.events.onData(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.handleClose());
  }

  private handleOpen(): void {
    this.open = true;
    this.events.onOpen?.();
  }

  private handleClose(): void {
    const wasOpen = this.open;
    this.open = false;
    this.socket = undefined;
    if (wasOpen) {
      this.hurriedMs = performance.now();
      this.events.onClose?.();
    }
    this.retryLater();
  }

  private retryLater(): void {
    if (this.ended) return;
    const triedMs = performance.now() - this.hurriedMs;
    const delayMs = Math.min(Math.max(triedMs / 8, retryMs.min), retryMs.max);
    this.timer = setTimeout(() => this.connect(), delayMs);
  }
}
