/**
 * The tables of shared ledgers, all in the schema `provchain`; a database may have many logs, each by its origin.
 *
 *     version   one row: which of the steps below were made
 *     log       one row a log: the head. Whoever commits changes this row, from the head that it built on
 *     commit    the commits that are kept, by id (commit.ts)
 *     file      the derived files by path (layout.ts): checkpoint, tiles, bundles, packs
 *
 * No foreign key leads to `log`: it would lock its row at each insert, and so let those who place files wait for those
 * who commit. The tables are made at first use, and brought up to date by a newer program; each step is one transaction, and of
 * several processes one makes it, under an advisory lock.
 */
import { NexusError, quote } from '../../../model';
import type { Database } from './database';

/** Never changed; new ones are added at the end. */
const steps: readonly (readonly string[])[] = [
  [
    `CREATE TABLE provchain.log (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      origin text NOT NULL UNIQUE,
      head_size bigint NOT NULL,
      head_id text NOT NULL,
      fence bigint NOT NULL DEFAULT 0)`,
    `CREATE TABLE provchain.commit (
      log bigint NOT NULL,
      id text NOT NULL,
      number bigint GENERATED ALWAYS AS IDENTITY,
      bytes bytea NOT NULL,
      PRIMARY KEY (log, id))`,
    'CREATE INDEX ON provchain.commit (log, number)',
    `CREATE TABLE provchain.file (
      log bigint NOT NULL,
      path text COLLATE "C" NOT NULL,
      bytes bytea NOT NULL,
      PRIMARY KEY (log, path))`,
  ],
];

/** 'nexus' in ASCII: any number of our own. */
const lockNumber = 0x6e65787573;

/** The version of the tables, undefined when there are none. */
export async function readSchemaVersion(database: Database): Promise<number | undefined> {
  const [{ present } = {}] = await database.query(
    `SELECT to_regclass('provchain.version') IS NOT NULL AS present`,
  );
  if (present !== true) return undefined;
  const [row] = await database.query('SELECT number FROM provchain.version');
  return Number(row?.number);
}

/** Makes the tables, or brings them up to date. @throws NexusError `storage-too-new`, `storage-not-durable` */
export async function prepareSchema(database: Database): Promise<void> {
  await refuseWithoutFsync(database);
  const version = await readSchemaVersion(database);
  if (version === undefined || version < steps.length) await migrate(database);
  else checkSchemaVersion(version, database);
}

/** @throws NexusError `storage-too-new` */
export function checkSchemaVersion(version: number, database: Database): void {
  if (version <= steps.length) return;
  throw new NexusError(
    'storage-too-new',
    `Cannot use ledger ${quote(database.name)}: its tables have version ${version}, expected at most ${steps.length}`,
    { hint: 'A newer nexus-factory made them: install that one here too.' },
  );
}

async function migrate(database: Database): Promise<void> {
  await database.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockNumber]);
    await client.query('CREATE SCHEMA IF NOT EXISTS provchain');
    await client.query('CREATE TABLE IF NOT EXISTS provchain.version (number integer NOT NULL)');
    const { rows } = await client.query<{ number: number }>('SELECT number FROM provchain.version');
    const version = rows[0]?.number ?? 0;
    checkSchemaVersion(version, database);
    for (const statement of steps.slice(version).flat()) await client.query(statement);
    await client.query('DELETE FROM provchain.version');
    await client.query('INSERT INTO provchain.version VALUES ($1)', [steps.length]);
  });
}

/** A server set up so acknowledges what a power cut takes back. */
async function refuseWithoutFsync(database: Database): Promise<void> {
  const [row] = await database.query('SHOW fsync');
  if (row?.fsync === 'on') return;
  throw new NexusError(
    'storage-not-durable',
    `Cannot use ledger ${quote(database.name)}: its server runs with fsync = off, expected on`,
    { hint: 'Set fsync = on in postgresql.conf: without it a power cut can take back acknowledged records.' },
  );
}
