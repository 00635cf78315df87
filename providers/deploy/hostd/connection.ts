/** One client of the daemon: reads its requests, answers them in the order in which they are done. */
import type { Socket } from 'node:net';
import { NexusError, shape } from '../../../model';
import { LineSplitter } from './lines';
import {
  type DaemonMessage,
  formatMessage,
  hostdProtocol,
  messageSizeBytesMax,
  type Operation,
  type Operations,
  parseMessage,
  type WatchValue,
} from './protocol';
import type { HostService } from './service';

export interface ConnectionHost {
  readonly service: HostService;
  /** Asks the daemon to end. @returns whether it will */
  stop(onlyIfIdle: boolean): boolean;
}

type Handlers = { readonly [O in Operation]: (request: unknown) => Promise<Operations[O]['value']> };

const { object, flag, whole, text, readShape } = shape;
const name = text(/^[a-z][a-z0-9-]{0,30}$/, 'a name');
const base64 = text(/^[A-Za-z0-9+/]{0,87384}={0,2}$/, 'base64');
const requests = {
  node: object({ id: whole(), op: text(/^/, 'an operation'), node: name }),
  challenge: object({
    id: whole(),
    op: text(/^/, 'an operation'),
    node: name,
    nonce: text(/^[0-9a-f]{64}$/, '64 hex digits'),
    timeoutMs: whole(3_600_000),
    quietMs: whole(3_600_000),
  }),
  input: object({ id: whole(), op: text(/^/, 'an operation'), node: name, data: base64 }),
  unwatch: object({ id: whole(), op: text(/^/, 'an operation'), console: whole() }),
  stop: object({ id: whole(), op: text(/^/, 'an operation'), onlyIfIdle: flag }),
};

/** Console bytes for a client that does not read them are left out above this. */
const outputSizeBytesMax = 1_048_576;
const watchesMax = 64;

export class Connection {
  private readonly lines = new LineSplitter(messageSizeBytesMax);
  private readonly watches = new Map<number, () => void>();
  private readonly gone = new AbortController();
  private nextConsole = 1;

  constructor(
    private readonly socket: Socket,
    private readonly host: ConnectionHost,
  ) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.handleData(chunk));
    socket.on('close', () => this.handleClose());
  }

  private handleData(chunk: Buffer): void {
    for (const line of this.lines.push(chunk)) void this.handleLine(line);
    if (this.lines.droppedLines > 0) this.socket.destroy();
  }

  private handleClose(): void {
    this.gone.abort();
    for (const stop of this.watches.values()) stop();
    this.watches.clear();
  }

  private async handleLine(line: string): Promise<void> {
    const request = parseMessage(line);
    const id = request?.id;
    if (request === undefined || typeof id !== 'number') {
      this.socket.destroy();
      return;
    }
    try {
      this.send({ id, value: await this.handlerOf(request.op)(request) });
    } catch (error) {
      this.send({ id, error: errorMessage(error) });
    }
  }

  private handlerOf(op: unknown): (request: unknown) => Promise<unknown> {
    if (typeof op === 'string' && Object.hasOwn(this.handlers, op)) return this.handlers[op as Operation];
    throw new NexusError('unknown-operation', `Cannot do ${JSON.stringify(op)}: no such operation`);
  }

  private readonly handlers: Handlers = {
    hello: async () => ({ protocol: hostdProtocol, pid: process.pid }),
    attach: async (request) => {
      await this.host.service.attach(this.read(requests.node, request).node);
      return null;
    },
    detach: async (request) => {
      this.host.service.detach(this.read(requests.node, request).node);
      return null;
    },
    challenge: async (request) => {
      const { node, nonce, timeoutMs, quietMs } = this.read(requests.challenge, request);
      const console = this.host.service.find(node).console;
      const record = await console.challenge({ nonce, timeoutMs, quietMs }, this.gone.signal);
      const signature = Buffer.from(record.signature).toString('hex');
      return { payload: Buffer.from(record.payload).toString('utf8'), signature };
    },
    nodes: async () => this.host.service.views(),
    watch: async (request) => this.watch(this.read(requests.node, request).node),
    unwatch: async (request) => {
      const { console } = this.read(requests.unwatch, request);
      this.watches.get(console)?.();
      this.watches.delete(console);
      return null;
    },
    input: async (request) => {
      const { node, data } = this.read(requests.input, request);
      this.host.service.find(node).console.input(Buffer.from(data, 'base64'));
      return null;
    },
    stop: async (request) => ({ stopping: this.host.stop(this.read(requests.stop, request).onlyIfIdle) }),
  };

  private read<T>(form: shape.Shape<T>, request: unknown): T {
    return readShape(form, request, 'bad-request');
  }

  private watch(node: string): WatchValue {
    if (this.watches.size >= watchesMax)
      throw new NexusError('busy', `Cannot watch node "${node}": ${watchesMax} consoles are watched already`);
    const console = this.nextConsole++;
    const { history, stop } = this.host.service.find(node).console.watch((chunk) => {
      if (this.socket.writableLength > outputSizeBytesMax) return;
      this.send({ console, data: chunk.toString('base64') });
    });
    this.watches.set(console, stop);
    return { console, history: history.toString('base64') };
  }

  private send(message: DaemonMessage): void {
    if (!this.socket.destroyed) this.socket.write(formatMessage(message));
  }
}

function errorMessage(error: unknown): { code: string; message: string; hint?: string } {
  if (!(error instanceof NexusError)) return { code: 'hostd-failed', message: String(error) };
  const { code, message, hint } = error;
  return hint === undefined ? { code, message } : { code, message, hint };
}
