/**
 * The process beside postgres-table.ts: starts a private PostgreSQL 15 with its default settings, fsync on, and answers
 * each message `{ count, sizeBytes }` with the milliseconds that one transaction of as many inserts took. On its own,
 * as the client library cannot be loaded under `--conditions=import`.
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { startPostgres } from '../test/support/postgres';

async function insert(client: Client, count: number, sizeBytes: number): Promise<number> {
  const entries = Array.from({ length: count }, () => randomBytes(sizeBytes));
  const text = 'INSERT INTO entry (bytes) VALUES ($1)';
  const startMs = performance.now();
  await client.query('BEGIN');
  for (const bytes of entries) await client.query({ name: 'insert', text, values: [bytes] });
  await client.query('COMMIT');
  return performance.now() - startMs;
}

async function main(): Promise<void> {
  const server = await startPostgres();
  await server.createDatabase('entries');
  const client = new Client({ connectionString: server.url('entries') });
  await client.connect();
  await client.query('CREATE TABLE entry (number bigserial PRIMARY KEY, bytes bytea NOT NULL)');
  process.on('message', async ({ count, sizeBytes }: { count: number; sizeBytes: number }) => {
    process.send?.(await insert(client, count, sizeBytes));
  });
  process.on('disconnect', async () => {
    await client.end();
    await server.end();
  });
  process.send?.('ready');
}

void main();
