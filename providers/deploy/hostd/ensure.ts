/**
 * Finds the host daemon of a state folder, or starts it. Any number of processes may do so at once: one of them starts
 * it while the others wait, and the daemon's own lock would let only one live in any case.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NexusError } from '../../../model';
import { errorCode, makeFolder } from '../../durable';
import { waitUntilUnlocked, withFolderLock } from '../process-lock';
import { hostdFiles } from '../state-folder';
import { checkSocketPath } from '../unix-socket';
import { HostdClient } from './client';
import { hostdLock } from './daemon';
import { type HelloValue, hostdProtocol } from './protocol';

export interface EnsureHostdOptions {
  readonly stateDir: string;
  /**
   * The script that is started as `node SCRIPT hostd --state DIR`: the provider's or the command line's bundle. The
   * environment's NEXUS_SITE is passed on as `--site`.
   */
  readonly entry: string;
  /** Passed to the daemon as `--ledger-interval-ms`. */
  readonly ledgerIntervalMs?: number | undefined;
  /** @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

const helloTimeoutMs = 5_000;

/** A connected client of a running daemon of this version. @throws NexusError `no-hostd` */
export async function ensureHostd(options: EnsureHostdOptions): Promise<HostdClient> {
  const stateDir = resolve(options.stateDir);
  const running = await tryConnect(stateDir);
  if (running !== undefined) return running;
  await makeFolder(stateDir);
  const lock = {
    what: 'starting the host daemon',
    timeoutMs: options.timeoutMs ?? 15_000,
    signal: options.signal,
  };
  return withFolderLock(stateDir, 'hostd-start', lock, async () => startAndConnect(stateDir, options));
}

/** A client of the daemon if one of this version runs. */
export async function findHostd(stateDir: string): Promise<HostdClient | undefined> {
  return tryConnect(resolve(stateDir));
}

async function startAndConnect(stateDir: string, options: EnsureHostdOptions): Promise<HostdClient> {
  checkSocketPath(join(stateDir, hostdFiles.socket));
  const deadline = Date.now() + (options.timeoutMs ?? 15_000);
  let startedMs = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const client = await tryConnect(stateDir);
    if (client !== undefined) return client;
    if (Date.now() > deadline) throw noHostd(stateDir, 'it did not start in time');
    // Again after a while: the first may have found an ending daemon still holding the lock.
    if (Date.now() - startedMs > 2_000) {
      start(stateDir, options);
      startedMs = Date.now();
    }
    await delay(10);
  }
}

/** @returns undefined when none runs; ends an older one. @throws NexusError `newer-hostd` */
async function tryConnect(stateDir: string): Promise<HostdClient | undefined> {
  let client: HostdClient | undefined;
  try {
    client = await HostdClient.connect(stateDir);
    const { protocol } = await helloInTime(client, stateDir);
    if (protocol === hostdProtocol) return client;
    await replace(client, stateDir, protocol);
    return undefined;
  } catch (error) {
    client?.close();
    if (error instanceof NexusError && error.code !== 'hostd-lost') throw error;
    if (error instanceof NexusError || isNobody(error)) return undefined;
    throw error;
  }
}

/** Whatever listens there may be no daemon of ours, or one that was stopped. */
async function helloInTime(client: HostdClient, stateDir: string): Promise<HelloValue> {
  const timeout = new AbortController();
  const silence = delay(helloTimeoutMs, undefined, { signal: timeout.signal }).then(() => {
    throw noHostd(stateDir, `what listens at its socket is silent for ${helloTimeoutMs} ms`);
  });
  try {
    return await Promise.race([client.hello(), silence]);
  } finally {
    timeout.abort();
  }
}

function isNobody(error: unknown): boolean {
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '');
}

async function replace(client: HostdClient, stateDir: string, protocol: number): Promise<void> {
  if (protocol > hostdProtocol)
    throw new NexusError(
      'newer-hostd',
      `Cannot use the host daemon of "${stateDir}": it speaks version ${protocol}, expected ${hostdProtocol}`,
      { hint: 'Use the newer nexus-factory that started it, or end it by its pid in hostd.pid.' },
    );
  await client.stop(false);
  client.close();
  await waitUntilUnlocked(stateDir, hostdLock, 10_000);
}

/** Where a shared ledger's password and its authorities stand: paths, no secrets themselves. */
function keptVariables(): Record<string, string> {
  const names = ['HOME', 'PGPASSFILE', 'PGSSLROOTCERT', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(
    names.flatMap((name) => [[name, process.env[name] ?? '']]).filter(([, value]) => value !== ''),
  );
}

function start(stateDir: string, { entry, ledgerIntervalMs }: EnsureHostdOptions): void {
  const log = openSync(join(stateDir, hostdFiles.log), 'a', 0o600);
  const interval = ledgerIntervalMs === undefined ? [] : ['--ledger-interval-ms', String(ledgerIntervalMs)];
  const { NEXUS_SITE: site } = process.env;
  const place = site === undefined || site === '' ? [] : ['--site', site];
  try {
    const child = spawn(process.execPath, [entry, 'hostd', '--state', stateDir, ...interval, ...place], {
      cwd: stateDir,
      detached: true,
      stdio: ['ignore', 'ignore', log],
      // It outlives the caller, whose environment may hold secrets that are none of its business.
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', ...keptVariables() },
    });
    child.on('error', () => undefined);
    child.unref();
  } finally {
    closeSync(log);
  }
}

function noHostd(stateDir: string, reason: string): NexusError {
  return new NexusError('no-hostd', `Cannot reach the host daemon of "${stateDir}": ${reason}`, {
    hint: `Read "${join(stateDir, hostdFiles.log)}" for the reason; its process stands in "${hostdFiles.pid}" there.`,
  });
}
