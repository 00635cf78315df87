/**
 * One holder at a time for a folder (a node's, or the state folder for the host daemon).
 *
 * The lock is an abstract Unix socket, named after the folder's device and inode. bind(2) is exclusive in the kernel,
 * and the kernel frees the name when the holder dies, however it dies: there is no stale lock to judge and break,
 * which a lock file with a pid always needs and never gets without a race. Two paths to one folder give one lock.
 * The name is visible in one network namespace; processes that share a state folder share that too.
 *
 * Who waits connects to the holder: it is told who holds the lock, and woken when the connection ends.
 */
import { stat } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { NexusError } from '../../model';
import { errorCode } from '../durable';

export interface LockHolder {
  readonly pid: number;
  /** What the holder is doing, e.g. `deploying node "n1"`. */
  readonly what: string;
}

export interface LockOptions {
  /** Told to those who wait. */
  readonly what: string;
  /** @default 600000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the lock is held by another. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
}

export interface HeldLock {
  release(): Promise<void>;
}

/** Runs the work while no other process or caller holds the folder's lock. */
export async function withFolderLock<T>(
  folder: string,
  purpose: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(await lockName(folder, purpose), folder, options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** @returns the lock, or undefined when another holds it */
export async function tryLockFolder(
  folder: string,
  purpose: string,
  what: string,
): Promise<HeldLock | undefined> {
  return tryListen(await lockName(folder, purpose), what);
}

/** Resolves when nobody holds the lock any more, or the time is over. @returns whether it is free */
export async function waitUntilUnlocked(
  folder: string,
  purpose: string,
  timeoutMs: number,
): Promise<boolean> {
  return watchHolder(await lockName(folder, purpose), timeoutMs, undefined);
}

async function lockName(folder: string, purpose: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return `\0nexus-factory/${purpose}/${dev.toString(16)}-${ino.toString(16)}`;
}

async function acquireLock(name: string, folder: string, options: LockOptions): Promise<HeldLock> {
  const deadline = Date.now() + (options.timeoutMs ?? 600_000);
  let holder: LockHolder | undefined;
  for (let waited = false; ; waited = true) {
    options.signal?.throwIfAborted();
    const lock = await tryListen(name, options.what);
    if (lock !== undefined) return lock;
    if (Date.now() >= deadline) throw lockedError(folder, holder);
    const onHolder = (found: LockHolder): void => {
      holder = found;
      if (!waited) options.onWait?.(found);
    };
    await watchHolder(name, Math.max(1, deadline - Date.now()), options.signal, onHolder);
  }
}

function lockedError(folder: string, holder: LockHolder | undefined): NexusError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}, ${holder.what}`;
  return new NexusError('locked', `Cannot use "${folder}": held by ${who}, expected it to be free in time`, {
    hint: 'Wait until the other run has ended, or end it, then run this again.',
  });
}

function tryListen(name: string, what: string): Promise<HeldLock | undefined> {
  return new Promise((resolve, reject) => {
    const waiters = new Set<Socket>();
    const server = createServer((socket) => greetWaiter(socket, waiters, what));
    server.once('error', (error) => {
      if (errorCode(error) === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: name, exclusive: true }, () => resolve(heldLock(server, waiters)));
    // A lock alone must not keep a process alive that has nothing else to do.
    server.unref();
  });
}

function greetWaiter(socket: Socket, waiters: Set<Socket>, what: string): void {
  waiters.add(socket);
  socket.unref();
  socket.on('error', () => undefined);
  socket.on('close', () => waiters.delete(socket));
  socket.write(`${JSON.stringify({ pid: process.pid, what } satisfies LockHolder)}\n`);
}

function heldLock(server: Server, waiters: Set<Socket>): HeldLock {
  const release = (): Promise<void> =>
    new Promise((resolve) => {
      // The name is free once the listening socket is closed; only then are the waiters let go.
      server.close(() => resolve());
      for (const waiter of waiters) waiter.destroy();
    });
  return { release };
}

/** Waits for the holder's end. @returns whether the lock is free, as far as this can tell */
function watchHolder(
  name: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  onHolder?: (holder: LockHolder) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: name });
    const finish = (free: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      socket.destroy();
      resolve(free);
    };
    const stop = (): void => finish(false);
    const timer = setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop);
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
    socket.once('data', (bytes) => {
      const holder = parseHolder(bytes.toString('utf8'));
      if (holder !== undefined) onHolder?.(holder);
    });
  });
}

function parseHolder(line: string): LockHolder | undefined {
  try {
    const value = JSON.parse(line) as Partial<LockHolder>;
    if (typeof value.pid !== 'number' || typeof value.what !== 'string') return undefined;
    return { pid: value.pid, what: value.what.slice(0, 200) };
  } catch {
    return undefined;
  }
}
