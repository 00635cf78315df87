/**
 * A ledger in PostgreSQL, for many machines. The head of a log is one row, and a commit is one statement:
 *
 *     UPDATE log SET head = next WHERE head = base AND fence = …     of several writers one finds the row so
 *     INSERT INTO commit …                                           only if it did; both or neither
 *
 * Others wait for the row's lock for as long as that takes, a few milliseconds; readers never do.
 *
 * When the connection breaks in the middle, nobody knows whether the statement happened, or still will: the server may
 * have it and not have begun. So the writer first changes the row's fence. After that the lost statement cannot win any
 * more, and the head tells whether it did.
 */

import type { DerivedFile } from '../log/extend';
import { commitSizeBytesMax } from '../storage/commit';
import { damaged } from '../storage/damage';
import { areHeadsEqual, type Head, noLedger } from '../storage/head';
import { commitFile } from '../storage/layout';
import type { LedgerStorage, StorageInventory, StoredHead, Superseded } from '../storage/storage';
import { checkPostgresAddress } from './address';
import { Database, type DatabaseOptions, isUncertain, type Row } from './database';
import { checkSchemaVersion, prepareSchema, readSchemaVersion } from './schema';

export interface PostgresStorageOptions extends DatabaseOptions {
  /** The log's name. */
  readonly origin: string;
}

/** A log's first commit and checkpoint. */
export interface FirstCommit {
  readonly head: Head;
  readonly bytes: Uint8Array;
  readonly files: readonly DerivedFile[];
}

export class PostgresStorage implements LedgerStorage {
  readonly isPlacedLasting = true;
  readonly #database: Database;
  readonly #origin: string;
  #log: Promise<string> | undefined;
  #fence = '0';
  /** A commit broke off, and the head was not fenced since. */
  #isUncertain = false;

  /** @throws NexusError `bad-ledger-url` */
  constructor({ origin, ...options }: PostgresStorageOptions) {
    checkPostgresAddress(options.address);
    this.#database = new Database(options);
    this.#origin = origin;
  }

  /** Makes the tables and the log unless they are there; of several processes one does. */
  async create(first: () => FirstCommit): Promise<void> {
    await prepareSchema(this.#database);
    if ((await this.#findLog()) !== undefined) return;
    const { head, bytes, files } = first();
    await this.#database.transaction(async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO provchain.log (origin, head_size, head_id) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING RETURNING id`,
        [this.#origin, head.size, head.id],
      );
      const [log] = rows;
      if (log === undefined) return;
      await client.query('INSERT INTO provchain.commit (log, id, bytes) VALUES ($1, $2, $3)', [
        log.id,
        head.id,
        Buffer.from(bytes),
      ]);
      for (const file of files)
        await client.query('INSERT INTO provchain.file VALUES ($1, $2, $3)', [
          log.id,
          file.path,
          Buffer.from(file.bytes),
        ]);
    });
  }

  async #findLog(): Promise<string | undefined> {
    const [row] = await this.#database.query('SELECT id FROM provchain.log WHERE origin = $1', [
      this.#origin,
    ]);
    return row === undefined ? undefined : String(row.id);
  }

  /** The log's number. @throws NexusError `no-ledger`, `storage-too-new` */
  #open(): Promise<string> {
    this.#log ??= this.#openNow().catch((error: unknown) => {
      this.#log = undefined;
      throw error;
    });
    return this.#log;
  }

  async #openNow(): Promise<string> {
    const version = await readSchemaVersion(this.#database);
    if (version === undefined) throw noLedger();
    checkSchemaVersion(version, this.#database);
    const log = await this.#findLog();
    if (log === undefined) throw noLedger();
    return log;
  }

  async read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> {
    return this.#readBytes('file', 'path', path, path, sizeBytesMax);
  }

  async readCommit(id: string): Promise<Uint8Array | undefined> {
    return this.#readBytes('commit', 'id', id, commitFile(id), commitSizeBytesMax);
  }

  async #readBytes(
    table: 'file' | 'commit',
    column: 'path' | 'id',
    name: string,
    path: string,
    sizeBytesMax: number,
  ): Promise<Uint8Array | undefined> {
    const [row] = await this.#database.query(
      `SELECT octet_length(bytes) AS size, CASE WHEN octet_length(bytes) <= $3 THEN bytes END AS bytes
       FROM provchain.${table} WHERE log = $1 AND ${column} = $2`,
      [await this.#open(), name, sizeBytesMax],
    );
    if (row === undefined) return undefined;
    if (row.bytes instanceof Uint8Array) return row.bytes;
    throw damaged(path, `${row.size} bytes, expected at most ${sizeBytesMax}`);
  }

  async readHead(): Promise<StoredHead> {
    if (this.#isUncertain) return this.#fenceHead();
    const [row] = await this.#database.query(`SELECT ${headColumns} FROM provchain.log WHERE id = $1`, [
      await this.#open(),
    ]);
    return this.#takeHead(row);
  }

  /** Reads the head and makes sure that no commit of ours that broke off can win from now on. */
  async #fenceHead(): Promise<StoredHead> {
    const [row] = await this.#database.query(
      `UPDATE provchain.log SET fence = fence + 1 WHERE id = $1 RETURNING ${headColumns}`,
      [await this.#open()],
    );
    const head = this.#takeHead(row);
    this.#isUncertain = false;
    return head;
  }

  #takeHead(row: Row | undefined): StoredHead {
    if (row === undefined) throw noLedger();
    const { head_size: size, head_id: id, fence, retained } = row;
    if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) throw damaged('head', 'it names no commit');
    this.#fence = String(fence);
    return { size: Number(size), id, retainedCount: Number(retained) };
  }

  /** What is committed is durable: the server answers, and shows it to others, only then. */
  async confirmHead(): Promise<void> {}

  async commit(base: Head, next: Head, bytes: Uint8Array): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#commitOnce(base, next, bytes);
      } catch (error) {
        if (!isUncertain(error)) throw error;
        this.#isUncertain = true;
        const head = await this.readHead();
        const kept = await this.#keptOf([base.id, next.id]);
        if (kept.has(next.id)) return true;
        // The base is kept, so what came after it is too, and this commit is not there.
        if (!areHeadsEqual(head, base) && kept.has(base.id)) return false;
        if (!areHeadsEqual(head, base) || attempt === commitAttemptsMax) throw error;
      }
    }
  }

  /** Which of these commits are kept. They are dropped in the order in which they were made. */
  async #keptOf(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const text = 'SELECT id FROM provchain.commit WHERE log = $1 AND id = ANY ($2)';
    const rows = await this.#database.query(text, [await this.#open(), ids]);
    return new Set(rows.map(({ id }) => String(id)));
  }

  async #commitOnce(base: Head, next: Head, bytes: Uint8Array): Promise<boolean> {
    const log = await this.#open();
    const { rowCount } = await this.#database.queryOnce(
      `WITH won AS (
         UPDATE provchain.log SET head_size = $4, head_id = $5
         WHERE id = $1 AND head_size = $2 AND head_id = $3 AND fence = $6 RETURNING id)
       INSERT INTO provchain.commit (log, id, bytes) SELECT id, $5::text, $7::bytea FROM won`,
      [log, base.size, base.id, next.size, next.id, this.#fence, bytes],
    );
    return rowCount === 1;
  }

  async place(files: readonly DerivedFile[]): Promise<void> {
    if (files.length === 0) return;
    // In one order, so that two who place the same do not wait for each other in a circle.
    const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
    const rows = sorted.map((_, at) => `($1, $${2 * at + 2}, $${2 * at + 3})`);
    await this.#database.query(
      `INSERT INTO provchain.file AS old VALUES ${rows.join(', ')}
       ON CONFLICT (log, path) DO UPDATE SET bytes = excluded.bytes WHERE old.bytes <> excluded.bytes`,
      [await this.#open(), ...sorted.flatMap(({ path, bytes }) => [path, bytes])],
    );
  }

  /** The newest commits are kept all the same: whoever lost the answer to his finds it there. */
  async retire({ commits, folders }: Superseded): Promise<void> {
    const log = await this.#open();
    if (commits.length > 0)
      await this.#database.query(
        `DELETE FROM provchain.commit WHERE log = $1 AND number <=
         (SELECT number FROM provchain.commit WHERE log = $1 ORDER BY number DESC OFFSET $2 LIMIT 1)`,
        [log, retainedCommitCount],
      );
    // "0" is the character after "/": all paths below the folder.
    for (const folder of folders)
      await this.#database.query('DELETE FROM provchain.file WHERE log = $1 AND path >= $2 AND path < $3', [
        log,
        `${folder}/`,
        `${folder}0`,
      ]);
  }

  /** A commit is stored only when it wins: nobody leaves a draft. */
  async sweep(): Promise<void> {}

  async inspect(): Promise<StorageInventory> {
    const log = await this.#open();
    const files = await this.#database.query('SELECT path FROM provchain.file WHERE log = $1 ORDER BY path', [
      log,
    ]);
    const head = await this.readHead();
    return {
      files: files.map(({ path }) => String(path)),
      leftovers: [],
      findings: [],
      fileCount: files.length + head.retainedCount + 1,
    };
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.#database.close();
  }
}

const retainedCommitCount = 48;
const commitAttemptsMax = 5;
const headColumns = `head_size, head_id, fence,
  (SELECT count(*) FROM provchain.commit WHERE commit.log = provchain.log.id) AS retained`;
