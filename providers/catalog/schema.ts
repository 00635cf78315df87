/**
 * The catalog's tables, in one DuckDB file, `catalog.duckdb`. What is in it can be made anew from the indexes at any
 * time.
 *
 *     source    (id, adapter, suite, architecture, digest, read_at)       an index that was read; its digest below
 *     package   (id, source, name, version, architecture, section, license, homepage, summary, size_bytes,
 *                installed_size_bytes, path, sha256, weight)              weight: the sum of its postings'
 *     posting   (term, package, frequency)                               sorted by term: a search reads only its terms'
 *     term      (term, package_count)
 *     packages  view of package with its source, for those who write SQL
 *
 * The digest of a source is SHA-256 over a line `name version architecture sha256` for each package, sorted.
 */
import { createHash } from 'node:crypto';
import { compareNames } from '../../model';
import type { PackageRecord } from '../nip';

/** Goes up when the tables or the terms change: then the catalog is made anew. */
export const schemaVersion = 1;

export const createTables = `
CREATE TABLE IF NOT EXISTS format (version INTEGER);
CREATE TABLE IF NOT EXISTS source (
  id INTEGER, adapter VARCHAR, suite VARCHAR, architecture VARCHAR, digest VARCHAR, read_at TIMESTAMP);
CREATE TABLE IF NOT EXISTS package (
  id INTEGER, source INTEGER, name VARCHAR, version VARCHAR, architecture VARCHAR, section VARCHAR, license VARCHAR,
  homepage VARCHAR, summary VARCHAR, size_bytes BIGINT, installed_size_bytes BIGINT, path VARCHAR, sha256 VARCHAR,
  weight DOUBLE);
CREATE TABLE IF NOT EXISTS posting (term VARCHAR, package INTEGER, frequency DOUBLE);
CREATE TABLE IF NOT EXISTS term (term VARCHAR, package_count INTEGER);
CREATE OR REPLACE VIEW packages AS
  SELECT source.adapter, source.suite, package.* EXCLUDE (id, source, weight)
  FROM package JOIN source ON source.id = package.source;`;

/** Sorts what a search reads, and counts it. */
export const finishTables = `
CREATE OR REPLACE TABLE posting AS SELECT * FROM posting ORDER BY term, package;
CREATE OR REPLACE TABLE term AS SELECT term, count(*)::INTEGER AS package_count FROM posting GROUP BY term ORDER BY term;
CREATE OR REPLACE TABLE package AS SELECT * FROM package ORDER BY id;`;

/** An index: what it is of. */
export interface CatalogSource {
  readonly adapter: string;
  readonly suite: string;
  readonly architecture: string;
}

/** One package's line of its source's digest: all that makes it another when it changes. */
export function formatDigestLine({ name, version, architecture, sha256 }: PackageRecord): string {
  return `${name} ${version} ${architecture} ${sha256}`;
}

/** In hex. */
export function digestOfPackages(packages: readonly PackageRecord[]): string {
  const lines = packages.map(formatDigestLine).sort(compareNames);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
