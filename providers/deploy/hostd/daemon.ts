/**
 * The host daemon: one to a state folder, started on demand, ended by itself when no node is left.
 *
 * It holds the folder's `hostd` lock for its whole life, so there is one of it however many are started at once. It
 * keeps nothing that a successor needs: the machines listen, `node.json` says which there are, so after a SIGKILL the
 * next daemon picks all of them up again.
 */
import { rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeFolder, writeDurably } from '../../durable';
import { type HeldLock, tryLockFolder } from '../process-lock';
import { hostdFiles } from '../state-folder';
import { freeSocketPath, listenInFolder } from '../unix-socket';
import { Connection } from './connection';
import type { AppendInterval } from './heartbeats';
import { createLog, type Log } from './log';
import { HostService } from './service';

export interface HostdOptions {
  readonly stateDir: string;
  /** Writes an interval's heartbeats into the ledger. */
  readonly append: AppendInterval;
  /** @default 60000 */
  readonly ledgerIntervalMs?: number;
  /** Name of the place in the records of heartbeats. @default "local" */
  readonly site?: string;
  /** How long it stays without a node. @default 3000 */
  readonly graceMs?: number;
  /** Ends the daemon. */
  readonly signal?: AbortSignal;
  /** @default Date.now */
  readonly clock?: () => number;
}

/** Name of the lock that the running daemon holds on the state folder. */
export const hostdLock = 'hostd';

/** The first client needs a moment between starting a daemon and attaching a node to it. */
const firstGraceMs = 15_000;
const tidyIntervalMs = 2_000;

/** Runs until it is told to end or has no node left. @returns why it ended */
export async function runHostd(options: HostdOptions): Promise<'running-already' | 'stopped' | 'idle'> {
  const stateDir = resolve(options.stateDir);
  await makeFolder(stateDir);
  const lock = await tryLockFolder(stateDir, hostdLock, 'host daemon');
  if (lock === undefined) return 'running-already';
  const log = createLog(join(stateDir, hostdFiles.log), options.clock ?? Date.now);
  try {
    return await new Daemon(stateDir, options, log).run();
  } catch (error) {
    log(`ended: ${(error as Error).message}`);
    throw error;
  } finally {
    await releaseQuietly(lock);
  }
}

class Daemon {
  private readonly clock: () => number;
  private readonly service: HostService;
  private readonly connections = new Set<Socket>();
  private readonly stopping = new AbortController();
  private readonly startedMs: number;
  private lastNodeMs: number | undefined;
  private socketInode = 0;

  constructor(
    private readonly stateDir: string,
    private readonly options: HostdOptions,
    private readonly log: Log,
  ) {
    this.clock = options.clock ?? Date.now;
    this.startedMs = performance.now();
    this.service = new HostService(stateDir, log, this.clock, options.site);
    options.signal?.addEventListener('abort', () => this.stopping.abort());
    if (options.signal?.aborted === true) this.stopping.abort();
  }

  async run(): Promise<'stopped' | 'idle'> {
    await freeSocketPath(this.stateDir, hostdFiles.socket);
    await writeDurably(join(this.stateDir, hostdFiles.pid), `${process.pid}\n`);
    await this.service.attachAll();
    const server = await this.listen();
    this.log(`process ${process.pid} serves ${this.service.nodeCount} nodes`);
    const flushing = this.flushEachInterval();
    const reason = await this.waitForEnd();
    this.stopping.abort();
    await flushing;
    await this.closeDown(server, reason);
    return reason;
  }

  /** Whether the daemon will end. */
  stop(onlyIfIdle: boolean): boolean {
    if (onlyIfIdle && this.service.nodeCount > 0) return false;
    this.stopping.abort();
    return true;
  }

  private async listen(): Promise<Server> {
    const server = createServer((socket) => {
      this.connections.add(socket);
      socket.on('close', () => this.connections.delete(socket));
      new Connection(socket, { service: this.service, stop: (onlyIfIdle) => this.stop(onlyIfIdle) });
    });
    await listenInFolder(server, this.stateDir, hostdFiles.socket);
    this.socketInode = this.inodeOfSocket() ?? 0;
    return server;
  }

  private async waitForEnd(): Promise<'stopped' | 'idle'> {
    for (let lastTidyMs = performance.now(); ; ) {
      if (!(await this.pause(100))) return this.service.nodeCount === 0 ? 'idle' : 'stopped';
      if (this.isIdleTooLong()) return 'idle';
      if (this.inodeOfSocket() !== this.socketInode) return 'stopped';
      if (performance.now() - lastTidyMs < tidyIntervalMs) continue;
      lastTidyMs = performance.now();
      await this.tidy();
    }
  }

  private isIdleTooLong(): boolean {
    const nowMs = performance.now();
    if (this.service.nodeCount > 0) {
      this.lastNodeMs = nowMs;
      return false;
    }
    if (this.lastNodeMs === undefined) return nowMs - this.startedMs > firstGraceMs;
    return nowMs - this.lastNodeMs > (this.options.graceMs ?? 3_000);
  }

  private async tidy(): Promise<void> {
    try {
      await this.service.tidy();
    } catch (error) {
      this.log(`could not tidy: ${(error as Error).message}`);
    }
  }

  private async flushEachInterval(): Promise<void> {
    while (await this.pause(this.options.ledgerIntervalMs ?? 60_000)) await this.flush();
  }

  private async flush(): Promise<void> {
    try {
      const { heartbeats } = this.service;
      await heartbeats.flush(this.clock(), this.service.expected(), this.options.append);
    } catch (error) {
      this.log(`heartbeats not yet in the ledger: ${(error as Error).message}`);
    }
  }

  private async closeDown(server: Server, reason: string): Promise<void> {
    await this.flush();
    this.service.close();
    const closed = new Promise((done) => server.close(done));
    for (const socket of this.connections) socket.destroy();
    await closed;
    rmSync(join(this.stateDir, hostdFiles.pid), { force: true });
    // Without nodes nobody will ask what happened to them, and the folder is to be left empty.
    if (reason === 'idle') rmSync(join(this.stateDir, hostdFiles.log), { force: true });
    else this.log(`process ${process.pid} ended: ${reason}`);
  }

  private inodeOfSocket(): number | undefined {
    return statSync(join(this.stateDir, hostdFiles.socket), { throwIfNoEntry: false })?.ino;
  }

  /** @returns whether the daemon goes on */
  private async pause(timeMs: number): Promise<boolean> {
    const { signal } = this.stopping;
    await delay(timeMs, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }
}

async function releaseQuietly(lock: HeldLock): Promise<void> {
  await lock.release().catch(() => undefined);
}
