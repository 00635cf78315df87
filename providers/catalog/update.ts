/**
 * A catalog brought up to date: only the packages that are new, changed or gone since the last time are touched. It is
 * done in a copy, which then takes the place of the old file in one rename: who searches meanwhile reads the old one to
 * the end, and an interrupted update leaves it as it was.
 */
import { existsSync } from 'node:fs';
import { copyFile, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, sweepTemporaries, syncFolder, temporaryPath } from '../durable';
import type { PackageRecord } from '../nip';
import { type DuckDBConnection, openDatabase } from './duckdb';
import { catalogPath } from './open';
import {
  type CatalogSource,
  createTables,
  digestOfPackages,
  finishTables,
  formatDigestLine,
  schemaVersion,
} from './schema';
import { weightedTerms } from './tokens';

export interface UpdateRequest {
  /** Where the catalog lies; made when missing. */
  readonly folder: string;
  readonly source: CatalogSource;
  /** All that the index has. */
  readonly packages: readonly PackageRecord[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told packages. @default nobody is told */
  readonly onProgress?: ((phase: string, done: number, total: number) => void) | undefined;
}

export interface Updated {
  readonly source: CatalogSource;
  readonly digest: string;
  readonly addedCount: number;
  readonly changedCount: number;
  readonly removedCount: number;
  /** Packages of this source, now. */
  readonly count: number;
}

/** @throws NexusError `no-duckdb`, `bad-catalog`, or what `signal` was aborted with */
export async function updateCatalog(request: UpdateRequest): Promise<Updated> {
  const { folder } = request;
  await makeFolder(folder);
  await sweepUnfinished(folder);
  const draft = temporaryPath(folder);
  try {
    const updated = await updateDraft(draft, request);
    if (
      updated.addedCount + updated.changedCount + updated.removedCount > 0 ||
      !existsSync(catalogPath(folder))
    ) {
      await syncFile(draft);
      await rename(draft, catalogPath(folder));
      await syncFolder(folder);
    }
    return updated;
  } finally {
    for (const file of [draft, `${draft}.wal`]) await rm(file, { force: true });
  }
}

/** DuckDB's own log beside a draft whose process is gone. */
async function sweepUnfinished(folder: string): Promise<void> {
  await sweepTemporaries(folder);
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.tmp.wal'));
  for (const name of logs)
    if (!existsSync(join(folder, name.slice(0, -'.wal'.length))))
      await rm(join(folder, name), { force: true });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A catalog that is damaged or of another version is not worth its mending: the draft begins empty. */
async function updateDraft(draft: string, request: UpdateRequest): Promise<Updated> {
  const old = catalogPath(request.folder);
  if (existsSync(old) && (await isOurs(old))) await copyFile(old, draft);
  const { connection, close } = await openDatabase(draft, true);
  try {
    await connection.run(createTables);
    await connection.run('DELETE FROM format');
    await connection.run(`INSERT INTO format VALUES (${schemaVersion})`);
    const updated = await bringUpToDate(connection, request);
    await connection.run('CHECKPOINT');
    return updated;
  } finally {
    close();
  }
}

async function isOurs(path: string): Promise<boolean> {
  try {
    const { connection, close } = await openDatabase(path, false);
    try {
      const rows = await connection.runAndReadAll('SELECT version FROM format');
      return rows.getRowsJS()[0]?.[0] === schemaVersion;
    } finally {
      close();
    }
  } catch {
    return false;
  }
}

async function bringUpToDate(connection: DuckDBConnection, request: UpdateRequest): Promise<Updated> {
  const { source, packages, nowMs } = request;
  const digest = digestOfPackages(packages);
  const { id, digest: before } = await takeSource(connection, source);
  const base = { source, digest, count: packages.length };
  if (digest === before) return { ...base, addedCount: 0, changedCount: 0, removedCount: 0 };
  const known = await readKnown(connection, id);
  const wanted = new Set(packages.map(formatDigestLine));
  const gone = [...known.values()].filter(({ line }) => !wanted.has(line));
  const fresh = packages.filter((each) => known.get(keyOf(each))?.line !== formatDigestLine(each));
  await removePackages(
    connection,
    gone.map((each) => each.id),
  );
  await addPackages(connection, id, fresh, request);
  await connection.run(finishTables);
  await connection.run(
    'UPDATE source SET digest = $digest, read_at = make_timestamp($atMicros::BIGINT) WHERE id = $id',
    {
      digest,
      atMicros: BigInt(nowMs) * 1000n,
      id,
    },
  );
  const changedCount = fresh.filter((each) => known.has(keyOf(each))).length;
  return {
    ...base,
    addedCount: fresh.length - changedCount,
    changedCount,
    removedCount: gone.length - changedCount,
  };
}

const keyOf = ({ name }: { readonly name: string }): string => name;

async function takeSource(
  connection: DuckDBConnection,
  { adapter, suite, architecture }: CatalogSource,
): Promise<{ readonly id: number; readonly digest: string }> {
  const names = { adapter, suite, architecture };
  const found = await connection.runAndReadAll(
    'SELECT id, digest FROM source WHERE adapter = $adapter AND suite = $suite AND architecture = $architecture',
    names,
  );
  const [row] = found.getRowsJS();
  if (row !== undefined) return { id: Number(row[0]), digest: String(row[1]) };
  const next = await connection.runAndReadAll('SELECT coalesce(max(id), 0) + 1 FROM source');
  const id = Number(next.getRowsJS()[0]?.[0]);
  await connection.run("INSERT INTO source VALUES ($id, $adapter, $suite, $architecture, '', NULL)", {
    id,
    ...names,
  });
  return { id, digest: '' };
}

interface KnownPackage {
  readonly id: number;
  readonly line: string;
}

async function readKnown(
  connection: DuckDBConnection,
  source: number,
): Promise<ReadonlyMap<string, KnownPackage>> {
  const rows = await connection.runAndReadAll(
    "SELECT name, id, concat_ws(' ', name, version, architecture, sha256) FROM package WHERE source = $source",
    { source },
  );
  return new Map(
    rows.getRowsJS().map(([name, id, line]) => [String(name), { id: Number(id), line: String(line) }]),
  );
}

async function removePackages(connection: DuckDBConnection, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await connection.run('CREATE OR REPLACE TEMP TABLE gone (id INTEGER)');
  const appender = await connection.createAppender('gone');
  for (const id of ids) {
    appender.appendInteger(id);
    appender.endRow();
  }
  appender.closeSync();
  await connection.run('DELETE FROM posting WHERE package IN (SELECT id FROM gone)');
  await connection.run('DELETE FROM package WHERE id IN (SELECT id FROM gone)');
}

const pauseAfter = 2000;

async function addPackages(
  connection: DuckDBConnection,
  source: number,
  packages: readonly PackageRecord[],
  { signal, onProgress }: UpdateRequest,
): Promise<void> {
  const highest = await connection.runAndReadAll('SELECT coalesce(max(id), 0) FROM package');
  let id = Number(highest.getRowsJS()[0]?.[0]);
  const rows = await connection.createAppender('package');
  const postings = await connection.createAppender('posting');
  for (const [index, each] of packages.entries()) {
    if (index % pauseAfter === 0) {
      onProgress?.('index', index, packages.length);
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    }
    id += 1;
    const terms = weightedTerms(each.name, each.summary);
    let weight = 0;
    for (const [term, frequency] of terms) {
      weight += frequency;
      postings.appendVarchar(term);
      postings.appendInteger(id);
      postings.appendDouble(frequency);
      postings.endRow();
    }
    appendPackage(rows, { id, source, weight }, each);
  }
  rows.closeSync();
  postings.closeSync();
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>;

/** In the order of the table's columns. */
function appendPackage(
  rows: Appender,
  { id, source, weight }: { readonly id: number; readonly source: number; readonly weight: number },
  {
    name,
    version,
    architecture,
    section,
    license,
    homepage,
    summary,
    sizeBytes,
    installedSizeBytes,
    path,
    sha256,
  }: PackageRecord,
): void {
  const appendText = (text: string | undefined): void =>
    text === undefined ? rows.appendNull() : rows.appendVarchar(text);
  rows.appendInteger(id);
  rows.appendInteger(source);
  for (const text of [name, version, architecture, section, license, homepage, summary]) appendText(text);
  rows.appendBigInt(BigInt(sizeBytes));
  if (installedSizeBytes === undefined) rows.appendNull();
  else rows.appendBigInt(BigInt(installedSizeBytes));
  for (const text of [path, sha256]) appendText(text);
  rows.appendDouble(weight);
  rows.endRow();
}
