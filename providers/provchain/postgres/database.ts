/**
 * Statements against a PostgreSQL server that may be restarted, or cut off, at any time. A statement that may be
 * repeated is, for a while, on another connection. One that may not fails with an error that says whether the server
 * refused it, so that it did not happen, or whether nobody knows.
 *
 * Each statement is a transaction of its own; no lock is held while this process thinks. The server ends what takes too
 * long: 10 s for a lock, 60 s in all. It answers a commit only when it is durable: `synchronous_commit` is not left off.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Pool, PoolClient, QueryResult } from 'pg';
import { NexusError, quote, withoutPassword } from '../../../model';

export type Value = string | number | Uint8Array | readonly string[];
export type Row = Readonly<Record<string, unknown>>;

export interface DatabaseOptions {
  readonly address: string;
  /** How long a server is waited for that does not answer. @default 20,000 */
  readonly patienceMs?: number;
}

const connectionCountMax = 4;
/** A server that never answered has more likely a wrong address than a restart. */
const firstPatienceMs = 5000;
const settings = {
  application_name: 'nexus-ledger',
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 10_000,
  // The process may end while a connection waits for work.
  allowExitOnIdle: true,
  keepAlive: true,
  lock_timeout: 10_000,
  statement_timeout: 60_000,
  // A server that is cut off says nothing at all.
  query_timeout: 70_000,
  idle_in_transaction_session_timeout: 60_000,
};

export class Database {
  /** The address without its password. */
  readonly name: string;
  readonly #address: string;
  readonly #patienceMs: number;
  #pool: Promise<Pool> | undefined;
  #wasReached = false;

  constructor({ address, patienceMs = 20_000 }: DatabaseOptions) {
    this.name = withoutPassword(address);
    this.#address = address;
    this.#patienceMs = patienceMs;
  }

  /** Runs a statement that may be repeated. @throws NexusError `storage-unreachable`, `storage-refused` */
  async query(text: string, values: readonly Value[] = []): Promise<readonly Row[]> {
    return (await this.patiently(() => this.queryOnce(text, values))).rows;
  }

  /** Repeats what may be repeated for as long as the server is away. */
  async patiently<T>(work: () => Promise<T>): Promise<T> {
    const endMs =
      performance.now() + (this.#wasReached ? this.#patienceMs : Math.min(this.#patienceMs, firstPatienceMs));
    for (let pauseMs = 25; ; pauseMs = Math.min(2 * pauseMs, 1000)) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw this.#explained(error);
        if (performance.now() + pauseMs > endMs) throw this.#unreachable(error);
        await sleepFor(pauseMs * (0.5 + Math.random()));
      }
    }
  }

  /** Runs a statement once; errors are those of the server, see {@link isUncertain}. */
  async queryOnce(text: string, values: readonly Value[] = []): Promise<QueryResult> {
    const client = await this.#connect();
    return this.#release(client, () => client.query(text, values.map(toParameter)));
  }

  /** Runs statements as one transaction. It may be repeated when it can be done twice. */
  async transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.patiently(async () => {
      const client = await this.#connect();
      return this.#release(client, async () => {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      });
    });
  }

  async close(): Promise<void> {
    await (await this.#pool)?.end();
  }

  /** A connection on which anything went wrong is not used again; that also undoes its transaction. */
  async #release<T>(client: PoolClient, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #connect(): Promise<PoolClient> {
    this.#pool ??= this.#makePool();
    const client = await (await this.#pool).connect();
    this.#wasReached = true;
    // Without a listener an error of a connection that is in use ends the process; the statement fails anyway.
    if (client.listenerCount('error') === 0) client.on('error', () => undefined);
    return client;
  }

  /** Loaded at first use: most who have a ledger have it in a folder. */
  async #makePool(): Promise<Pool> {
    const { default: pg } = await import('pg');
    const pool = new pg.Pool({
      ...settings,
      connectionString: this.#address,
      max: connectionCountMax,
      onConnect: async (client) => {
        await client.query(
          `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
        );
      },
    });
    pool.on('error', () => undefined);
    return pool;
  }

  #explained(error: unknown): unknown {
    const { code = isOfPassword(error) ? '28P01' : undefined, message } = Object(error) as ServerError;
    if (error instanceof NexusError || code === undefined) return error;
    return new NexusError('storage-refused', `Cannot use ledger ${quote(this.name)}: ${message} (${code})`, {
      hint: hintOf(code),
      cause: error,
    });
  }

  #unreachable(error: unknown): NexusError {
    const { message, code } = Object(error) as ServerError;
    return new NexusError(
      'storage-unreachable',
      `Cannot reach ledger ${quote(this.name)}: ${message || code}`,
      {
        hint: 'Check the address, and that the database server runs and can be reached.',
        cause: error,
      },
    );
  }
}

interface ServerError {
  /** SQLSTATE, or what the system says of a connection. */
  readonly code?: string;
  readonly message?: string;
}

/** Views would be read as JSON. */
function toParameter(value: Value): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** SQLSTATE: five characters in which a digit or a capital is each one. Others are codes of the system: ECONNRESET. */
const sqlState = /^[\dA-Z]{5}$/;
/** Classes of errors after which the connection is gone, and the server with it or soon back. */
const isOfConnection = (code: string): boolean => /^(08|57P)/.test(code);
/** Serialization, deadlock, too many connections, lock timeout. */
const isOfMoment = (code: string): boolean => /^(40001|40P01|53300|55P03)$/.test(code);
const isServersWord = (code: string): boolean => sqlState.test(code) && !/^E[A-Z]{4}$/.test(code);

/** The client has no password, or not the server's; it says so without a code. */
const isOfPassword = (error: unknown): boolean =>
  /^SASL: /.test((Object(error) as ServerError).message ?? '');

/** Whether another attempt may go well. */
function isPassing(error: unknown): boolean {
  if (error instanceof NexusError || isOfPassword(error)) return false;
  const { code = '' } = Object(error) as ServerError;
  return !isServersWord(code) || isOfConnection(code) || isOfMoment(code);
}

/** Whether the statement may have happened all the same: the connection broke before the server's word came. */
export function isUncertain(error: unknown): boolean {
  const { code = '' } = Object(error) as ServerError;
  return !(error instanceof NexusError) && (!isServersWord(code) || isOfConnection(code));
}

function hintOf(code: string): string {
  if (code.startsWith('28')) return 'Give the password in PGPASSWORD or in the file that PGPASSFILE names.';
  if (code === '3D000') return 'Make the database first: `createdb NAME`.';
  if (code === '42501')
    return 'The user needs the right CREATE on the database at first use, and later to read and write schema "provchain".';
  if (code.startsWith('53')) return 'The server lacks space or memory: mend that, then run this again.';
  return "The database server's log says more.";
}
