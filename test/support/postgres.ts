/**
 * A PostgreSQL server for tests: a cluster of its own in a temporary folder, reached by a Unix socket, and by a port of
 * the loopback interface under a password. Root may not run it, so root runs it as nobody.
 *
 *     const postgres = await startPostgres();
 *     postgres.url('ledger')            postgres://nexus@/ledger?host=/tmp/…
 *     await postgres.restart('crash');
 *     await postgres.end();
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const programs = '/usr/lib/postgresql/15/bin';
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
/** Fast ends sessions and writes all out; a crash does neither, and the next start recovers. */
const signalOf = { fast: 'SIGINT', crash: 'SIGQUIT' } as const;
export type StopMode = keyof typeof signalOf;

export const postgresPassword = 'p4ss-of-the-test';

export interface PostgresServer {
  /** Of a database, by the socket; no password is asked for. */
  url(database: string): string;
  /** The same by TCP, where {@link postgresPassword} is asked for, and the URL does not have it. */
  tcpUrl(database: string): string;
  createDatabase(database: string): Promise<void>;
  /** Runs one statement as the superuser. */
  query(database: string, text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  stop(mode: StopMode): Promise<void>;
  start(): Promise<void>;
  restart(mode: StopMode): Promise<void>;
  /** Stops it and removes its folder. */
  end(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-pg-'));
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  initialise(folder);
  const server = new Server(folder, await freePort());
  await server.start();
  return server;
}

function initialise(folder: string): void {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, postgresPassword, { mode: 0o644 });
  const options = [
    '--username=nexus',
    '--auth-local=trust',
    '--auth-host=scram-sha-256',
    '--no-sync',
    '--no-locale',
  ];
  execFileSync(
    join(programs, 'initdb'),
    [`--pgdata=${join(folder, 'data')}`, `--pwfile=${passwordFile}`, '--encoding=UTF8', ...options],
    { ...nobody, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

class Server implements PostgresServer {
  #process: ChildProcess | undefined;

  constructor(
    readonly folder: string,
    readonly port: number,
  ) {}

  url(database: string): string {
    return `postgres://nexus@/${database}?host=${this.folder}&port=${this.port}`;
  }

  tcpUrl(database: string): string {
    return `postgres://nexus@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const settings = { listen_addresses: '127.0.0.1', port: this.port, unix_socket_directories: this.folder };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(join(programs, 'postgres'), ['-D', join(this.folder, 'data'), ...options], {
      ...nobody,
      cwd: this.folder,
      stdio: 'ignore',
    });
    await this.#untilReady(this.#process);
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with code ${child.exitCode}`);
      const answer = await this.query('postgres', 'SELECT 1').catch(() => undefined);
      if (answer !== undefined) return;
      await sleep(50);
    }
    throw new Error('PostgreSQL does not answer after 30 s');
  }

  async stop(mode: StopMode): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signalOf[mode]);
    await ended;
  }

  async restart(mode: StopMode): Promise<void> {
    await this.stop(mode);
    await this.start();
  }

  async createDatabase(database: string): Promise<void> {
    await this.query('postgres', `CREATE DATABASE ${database}`);
  }

  async query(
    database: string,
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async end(): Promise<void> {
    await this.stop('fast');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
