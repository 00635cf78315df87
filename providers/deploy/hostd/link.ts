/**
 * A connection to a socket of a node's machine that is kept up: the machine listens, and may start, end and start
 * again at any time. Tries come quickly at first, as a machine that was just started listens within milliseconds.
 */
import type { Socket } from 'node:net';
import { connectInFolder } from '../unix-socket';

export interface LinkEvents {
  readonly onOpen?: () => void;
  readonly onData: (chunk: Buffer) => void;
  readonly onClose?: () => void;
}

const retryMs = { first: 5, last: 250 } as const;

export class Link {
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private delayMs: number = retryMs.first;
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
    this.delayMs = retryMs.first;
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
    this.delayMs = retryMs.first;
    this.events.onOpen?.();
  }

  private handleClose(): void {
    const wasOpen = this.open;
    this.open = false;
    this.socket = undefined;
    if (wasOpen) this.events.onClose?.();
    this.retryLater();
  }

  private retryLater(): void {
    if (this.ended) return;
    this.timer = setTimeout(() => this.connect(), this.delayMs);
    this.delayMs = Math.min(this.delayMs * 2, retryMs.last);
  }
}
