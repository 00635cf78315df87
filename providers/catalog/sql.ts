/**
 * SQL for those who want it: one statement that reads, over a file opened to be read, without files, network and
 * extensions (duckdb.ts), within a time, an amount of memory and a number of rows.
 */
import { NexusError } from '../../model';
import type { DuckDBConnection } from './duckdb';

export interface SqlLimits {
  /** @default 10 seconds */
  readonly timeoutMs?: number | undefined;
  /** More are left out, and that is said. @default 10,000 */
  readonly rowsMax?: number | undefined;
}

export interface SqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** Whether rows were left out. */
  readonly isCut: boolean;
}

const sqlLengthMax = 100_000;
/** `duckdb_statement_type` in DuckDB's C interface: what gives rows and changes nothing. */
const readingTypes: readonly number[] = [1];

/** @throws NexusError `bad-sql`, `sql-timeout` */
export async function queryTables(
  connection: DuckDBConnection,
  sql: string,
  { timeoutMs = 10_000, rowsMax = 10_000 }: SqlLimits = {},
): Promise<SqlResult> {
  if (sql.length > sqlLengthMax) throw badSql(`${sql.length} characters, expected at most ${sqlLengthMax}`);
  const prepared = await prepareOne(connection, sql);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.interrupt();
  }, timeoutMs);
  try {
    const reader = await prepared.streamAndReadUntil(rowsMax + 1);
    const rows = reader.getRowsJson();
    return { columns: reader.columnNames(), rows: rows.slice(0, rowsMax), isCut: rows.length > rowsMax };
  } catch (cause) {
    if (isLate)
      throw new NexusError('sql-timeout', `Cannot run the SQL: not done after ${timeoutMs} ms`, {
        hint: 'Ask for less: filter by a column, or put a LIMIT.',
      });
    throw badSql(messageOf(cause), cause);
  } finally {
    clearTimeout(timer);
  }
}

type Prepared = Awaited<ReturnType<DuckDBConnection['prepare']>>;

async function prepareOne(connection: DuckDBConnection, sql: string): Promise<Prepared> {
  const statements = await connection.extractStatements(sql).catch((cause: unknown) => {
    throw badSql(messageOf(cause), cause);
  });
  if (statements.count !== 1) throw badSql(`${statements.count} statements, expected one SELECT`);
  const prepared = await statements.prepare(0).catch((cause: unknown) => {
    throw badSql(messageOf(cause), cause);
  });
  if (readingTypes.includes(prepared.statementType)) return prepared;
  throw badSql('a statement that does more than read, expected one SELECT');
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}

function badSql(reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-sql', `Cannot run the SQL: ${reason}`, {
    cause,
    hint: 'The tables are `packages`, `package`, `source`, `posting` and `term`; docs/search.md has their columns.',
  });
}
