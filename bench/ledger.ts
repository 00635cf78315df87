/**
 * The ledger against the disk under it: an append of a batch (durable, signed, published) beside one write of as many
 * bytes with one fsync, and a transaction of as many inserts, by turns in the same run. The ratio says what the ledger costs on any disk; entries a second
 * say what it does on this one. Then: what an audit and the check of an offline proof take.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStatement, formatStatement, type Statement } from '../model';
import {
  auditLedger,
  type Ledger,
  openLedger,
  openSigningKey,
  parseVerifierKey,
  type SigningKey,
  verifyRecord,
} from '../providers/provchain';
import { type PostgresTable, startPostgresTable } from './postgres-table';

/** One line of the table. */
export interface LedgerFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const random = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));

/** About 300 bytes, each another. */
function someStatement(): Statement {
  const key = randomBytes(32).toString('hex');
  return createStatement('key', { role: 'node', name: 'n1', key });
}

async function timeMs(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function writeOnce(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx');
  await handle.write(bytes, 0, bytes.length, 0);
  await handle.sync();
  await handle.close();
}

/** Appends, plain writes and inserts by turns. */
async function benchBatch(
  ledger: Ledger,
  signer: SigningKey,
  folder: string,
  table: PostgresTable,
  count: number,
): Promise<LedgerFigure[]> {
  const times: Record<'lasting' | 'append' | 'write' | 'insert', number[]> = {
    lasting: [],
    append: [],
    write: [],
    insert: [],
  };
  for (let round = 0; round < (count === 1 ? 150 : 50); round += 1) {
    const [some, others] = [0, 1].map(() => Array.from({ length: count }, someStatement));
    const entries = (some ?? []).map(formatStatement);
    const append = (statements: readonly Statement[] = [], published = true): Promise<unknown> =>
      Promise.all(statements.map((each) => ledger.append(each, signer, { published })));
    times.write.push(
      await timeMs(() => writeOnce(join(folder, `write-${count}-${round}`), Buffer.concat(entries))),
    );
    times.lasting.push(await timeMs(() => append(some, false)));
    // Waits until that is published, too.
    await append([someStatement()]);
    times.append.push(await timeMs(() => append(others)));
    times.insert.push(await table.insertMs(count, entries[0]?.length ?? 0));
  }
  const [appendMs, writeMs, insertMs] = [median(times.append), median(times.write), median(times.insert)];
  const lastingMs = median(times.lasting);
  return [
    { name: `append of ${count}, until it lasts, P50`, value: lastingMs, unit: 'ms' },
    { name: `the same against one synced write`, value: lastingMs / writeMs, unit: 'times' },
    {
      name: `PostgreSQL's entries a second in batches of ${count}`,
      value: (count * 1000) / insertMs,
      unit: '1/s',
    },
    { name: `the ledger's against PostgreSQL's`, value: insertMs / appendMs, unit: 'times' },
    { name: `append of ${count}, until it is published, P50`, value: appendMs, unit: 'ms' },
    { name: `one synced write of the same size, P50`, value: writeMs, unit: 'ms' },
    { name: `append of ${count} against one synced write`, value: appendMs / writeMs, unit: 'times' },
    { name: `entries a second in batches of ${count}`, value: (count * 1000) / appendMs, unit: '1/s' },
  ];
}

async function benchReading(ledger: Ledger, folder: string): Promise<LedgerFigure[]> {
  const { size } = await ledger.checkpoint();
  const auditMs = await timeMs(() => auditLedger(folder, ledger.verifierKey, { signatures: false }));
  const fullAuditMs = await timeMs(() => auditLedger(folder, ledger.verifierKey));
  return [
    { name: 'entries audited a second, signatures too', value: (size * 1000) / fullAuditMs, unit: '1/s' },
    { name: 'entries audited a second, hashes only', value: (size * 1000) / auditMs, unit: '1/s' },
    { name: 'check of an offline proof, P50', value: await benchProof(ledger, size), unit: 'ms' },
  ];
}

async function benchProof(ledger: Ledger, size: number): Promise<number> {
  const log = parseVerifierKey(ledger.verifierKey);
  const times: number[] = [];
  for await (const { cid, envelope, publicKey } of ledger.entries({ from: size - 50 })) {
    const proof = await ledger.prove(cid);
    if (proof === undefined) throw new Error(`No proof for ${cid}`);
    times.push(await timeMs(async () => verifyRecord({ ...envelope, publicKey, proof }, log)));
  }
  return median(times);
}

/** All figures, in a folder of its own that is removed afterwards. */
export async function benchLedger(): Promise<LedgerFigure[]> {
  const home = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  const [folder, keysFolder] = [join(home, 'ledger'), join(home, 'keys')];
  const table = await startPostgresTable();
  try {
    const ledger = await openLedger({ folder, keysFolder, clock: Date.now });
    const signer = await openSigningKey({ folder: keysFolder, role: 'deployer', random });
    const figures: LedgerFigure[] = [];
    for (const count of [1, 64, 256]) figures.push(...(await benchBatch(ledger, signer, home, table, count)));
    return [...figures, ...(await benchReading(ledger, folder))];
  } finally {
    await table.end();
    rmSync(home, { recursive: true, force: true });
  }
}
