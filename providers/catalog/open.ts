/** The catalog as it is searched: one file, opened to be read only. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { type DuckDBConnection, openDatabase } from './duckdb';
import { type CatalogSource, schemaVersion } from './schema';
import { type SearchRequest, type SearchResult, searchPackages } from './search';
import { queryTables, type SqlLimits, type SqlResult } from './sql';

export function catalogPath(folder: string): string {
  return join(folder, 'catalog.duckdb');
}

/** A source as it was last read. */
export interface ReadSource extends CatalogSource {
  readonly digest: string;
  readonly count: number;
}

export class Catalog {
  private constructor(
    private readonly connection: DuckDBConnection,
    readonly close: () => void,
  ) {}

  /** @throws NexusError `no-catalog`, `no-duckdb`, `bad-catalog` */
  static async open(folder: string): Promise<Catalog> {
    const path = catalogPath(folder);
    if (!existsSync(path)) throw noCatalog('there is none', path);
    const { connection, close } = await openDatabase(path, false);
    const version = await connection.runAndReadAll('SELECT version FROM format').then(
      (rows) => rows.getRowsJS()[0]?.[0],
      () => undefined,
    );
    if (version === schemaVersion) return new Catalog(connection, close);
    close();
    throw noCatalog('it is of another version', path);
  }

  /** The packages that fit the words best, the best first. */
  search(request: SearchRequest): Promise<readonly SearchResult[]> {
    return searchPackages(this.connection, request);
  }

  /** What one `SELECT` of anybody's gives. @throws NexusError `bad-sql`, `sql-timeout` */
  query(sql: string, limits?: SqlLimits): Promise<SqlResult> {
    return queryTables(this.connection, sql, limits);
  }

  async sources(): Promise<readonly ReadSource[]> {
    const rows = await this.connection.runAndReadAll(
      `SELECT adapter, suite, architecture, digest, (SELECT count(*) FROM package WHERE package.source = source.id)
       FROM source ORDER BY adapter, suite, architecture`,
    );
    return rows.getRowsJS().map(([adapter, suite, architecture, digest, count]) => ({
      adapter: String(adapter),
      suite: String(suite),
      architecture: String(architecture),
      digest: String(digest),
      count: Number(count),
    }));
  }
}

function noCatalog(reason: string, path: string): NexusError {
  return new NexusError('no-catalog', `Cannot search packages: ${reason} "${path}"`, {
    hint: 'Run `nexus search --update` first, which reads the index of the distribution.',
  });
}
