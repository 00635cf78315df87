/**
 * DuckDB, loaded when a catalog is opened and not before: its program is 70 MB, machine code, and an optional package.
 * Whatever opens it here may read one file and nothing else: no other file, no network, no extension.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { NexusError, quote } from '../../model';

export type { DuckDBConnection };
export type DuckDb = typeof import('@duckdb/node-api');

const wanted = '@duckdb/node-api@1.5.6-r.1';

/** @throws NexusError `no-duckdb` */
export async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch (cause) {
    throw new NexusError('no-duckdb', `Cannot open the catalog of packages: DuckDB is not installed`, {
      cause,
      hint: `Run \`npm install ${wanted}\`; it has binaries for Linux, macOS and Windows on x64 and arm64.`,
    });
  }
}

export interface OpenedDatabase {
  readonly duckdb: DuckDb;
  readonly connection: DuckDBConnection;
  close(): void;
}

/** @throws NexusError `no-duckdb`, `bad-catalog` */
export async function openDatabase(path: string, isWritable: boolean): Promise<OpenedDatabase> {
  const duckdb = await loadDuckDb();
  const instance = await duckdb.DuckDBInstance.create(path, {
    access_mode: isWritable ? 'READ_WRITE' : 'READ_ONLY',
    memory_limit: '512MB',
    threads: '2',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  }).catch((cause: unknown) => {
    throw badCatalog(path, cause);
  });
  const connection = await instance.connect();
  await connection.run('SET enable_external_access = false; SET lock_configuration = true');
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  return { duckdb, connection, close };
}

function badCatalog(path: string, cause: unknown): NexusError {
  const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
  return new NexusError('bad-catalog', `Cannot open the catalog of packages: ${quote(reason)}`, {
    cause,
    hint: 'Remove the file and run `nexus search --update`, which makes it anew.',
    place: { file: path },
  });
}
