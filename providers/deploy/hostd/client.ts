/** The typed client of the host daemon: one method an operation. */
import type { Socket } from 'node:net';
import { NexusError } from '../../../model';
import { type BootRecord, isBoot, recordOf } from '../record';
import { hostdFiles } from '../state-folder';
import { openConnection } from '../unix-socket';
import { LineSplitter } from './lines';
import {
  type ErrorMessage,
  formatMessage,
  type HelloValue,
  hostdProtocol,
  type NodeView,
  type Operation,
  type Operations,
  parseMessage,
  type WatchValue,
} from './protocol';

/** A console that is being watched. */
export interface ConsoleStream {
  /** The last text from before the stream's first byte. */
  readonly history: Buffer;
  /** Sends bytes to the node's console. */
  write(bytes: Uint8Array): Promise<void>;
  /** Stops watching. */
  close(): void;
  /** Resolves when the daemon is gone or the stream was closed. */
  readonly ended: Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** An answer carries at most the views of all nodes. */
const answerSizeBytesMax = 64 * 1024 * 1024;

export class HostdClient {
  private readonly lines = new LineSplitter(answerSizeBytesMax);
  private readonly pending = new Map<number, Pending>();
  private readonly streams = new Map<number, (chunk: Buffer) => void>();
  private readonly ended: Promise<void>;
  private nextId = 1;

  /** @throws the system's error when no daemon listens */
  static async connect(stateDir: string): Promise<HostdClient> {
    return new HostdClient(await openConnection(stateDir, hostdFiles.socket));
  }

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.handleData(chunk));
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.ended.then(() => this.failPending());
  }

  hello(): Promise<HelloValue> {
    return this.call('hello', { protocol: hostdProtocol });
  }

  async attach(node: string): Promise<void> {
    await this.call('attach', { node });
  }

  async detach(node: string): Promise<void> {
    await this.call('detach', { node });
  }

  /**
   * The node's boot record over the nonce; check it with `verifyNodeRecord`.
   * @param quietMs how long to wait for it before asking. @default 0
   * @throws NexusError `no-answer`
   */
  async challenge(node: string, nonce: Uint8Array, timeoutMs: number, quietMs = 0): Promise<BootRecord> {
    const text = Buffer.from(nonce).toString('hex');
    const value = await this.call('challenge', { node, nonce: text, timeoutMs, quietMs });
    const record = recordOf(Buffer.from(value.payload, 'utf8'), Buffer.from(value.signature, 'hex'));
    if (isBoot(record)) return record;
    throw new NexusError('bad-record', `Cannot use the answer of node "${node}": no boot record`);
  }

  nodes(): Promise<readonly NodeView[]> {
    return this.call('nodes', {});
  }

  /** Watches a node's console from now on; `onData` may be called before this resolves. */
  async console(node: string, onData: (chunk: Buffer) => void): Promise<ConsoleStream> {
    // The stream's first bytes can stand right behind the answer.
    const begin = ({ console: stream }: WatchValue): void => void this.streams.set(stream, onData);
    const { console, history } = await this.call('watch', { node }, begin);
    let end = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      end = resolve;
    });
    return {
      history: Buffer.from(history, 'base64'),
      write: async (bytes) => {
        await this.call('input', { node, data: Buffer.from(bytes).toString('base64') });
      },
      close: () => {
        this.streams.delete(console);
        this.call('unwatch', { console }).catch(() => undefined);
        end();
      },
      ended: Promise.race([closed, this.ended]),
    };
  }

  /** @returns whether the daemon ends */
  async stop(onlyIfIdle: boolean): Promise<boolean> {
    return (await this.call('stop', { onlyIfIdle })).stopping;
  }

  close(): void {
    this.socket.destroy();
  }

  private call<O extends Operation>(
    op: O,
    request: Operations[O]['request'],
    onValue?: (value: Operations[O]['value']) => void,
  ): Promise<Operations[O]['value']> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(hostdLost());
      const take = (value: Operations[O]['value']): void => {
        onValue?.(value);
        resolve(value);
      };
      this.pending.set(id, { resolve: take as (value: unknown) => void, reject });
      this.socket.write(formatMessage({ ...request, id, op }));
    });
  }

  private handleData(chunk: Buffer): void {
    for (const line of this.lines.push(chunk)) this.handleMessage(parseMessage(line));
  }

  private handleMessage(message: Record<string, unknown> | undefined): void {
    if (typeof message?.console === 'number' && typeof message.data === 'string')
      this.streams.get(message.console)?.(Buffer.from(message.data, 'base64'));
    if (typeof message?.id !== 'number') return;
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if ('error' in message) pending?.reject(errorOf(message.error as ErrorMessage));
    else pending?.resolve(message.value);
  }

  private failPending(): void {
    for (const { reject } of this.pending.values()) reject(hostdLost());
    this.pending.clear();
  }
}

/** Whether the daemon went away in the middle, so that another one may be started and asked again. */
export function isHostdLost(error: unknown): boolean {
  return error instanceof NexusError && error.code === 'hostd-lost';
}

function hostdLost(): NexusError {
  return new NexusError('hostd-lost', 'Cannot hear the host daemon: the connection ended', {
    hint: 'Run this again: a new daemon is started, the nodes keep running. See hostd.log in the state folder.',
  });
}

function errorOf({ code, message, hint }: ErrorMessage): NexusError {
  return new NexusError(code, message, hint === undefined ? {} : { hint });
}
