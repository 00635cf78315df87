/**
 * The ledger's peer: a table of a private PostgreSQL 15 with its default settings, fsync on, on the same disk; one INSERT
 * an entry, prepared once, in transactions of as many entries as the ledger's batch, over a Unix socket.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface PostgresTable {
  /** Milliseconds of one transaction. */
  insertMs(count: number, sizeBytes: number): Promise<number>;
  end(): Promise<void>;
}

export async function startPostgresTable(): Promise<PostgresTable> {
  const child = fork(join(__dirname, 'postgres-table-main.ts'), { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child, 'message'), ended]);
  return {
    insertMs: async (count, sizeBytes) => {
      const answer = Promise.race([once(child, 'message'), ended]);
      child.send({ count, sizeBytes });
      return Number((await answer)[0]);
    },
    end: async () => {
      child.disconnect();
      await ended;
    },
  };
}
