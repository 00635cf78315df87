/**
 * The ledger's peer: a table of a private PostgreSQL 15 with its default settings, fsync on, on the same disk; one INSERT
 * an entry, prepared once, in transactions of as many entries as the ledger's batch, over a Unix socket.
 */
import { Client } from 'pg';
import { startPostgres } from '../test/support/postgres';

export interface PostgresTable {
  /** One transaction. */
  insert(entries: readonly Uint8Array[]): Promise<void>;
  end(): Promise<void>;
}

export async function startPostgresTable(): Promise<PostgresTable> {
  const server = await startPostgres();
  await server.createDatabase('entries');
  const client = new Client({ connectionString: server.url('entries') });
  await client.connect();
  await client.query('CREATE TABLE entry (number bigserial PRIMARY KEY, bytes bytea NOT NULL)');
  return {
    insert: async (entries) => {
      const text = 'INSERT INTO entry (bytes) VALUES ($1)';
      // The client sends one after the other without waiting for us.
      await Promise.all([
        client.query('BEGIN'),
        ...entries.map((bytes) => client.query({ name: 'insert', text, values: [Buffer.from(bytes)] })),
        client.query('COMMIT'),
      ]);
    },
    end: async () => {
      await client.end();
      await server.end();
    },
  };
}
