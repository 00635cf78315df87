/**
 * Lexical search: Okapi BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009) over the terms of
 * names and summaries. For a package d and the terms t of the search, of N packages:
 *
 *     score(d) = Σ  idf(t) · f · (k1 + 1) / (f + k1 · (1 - b + b · |d| / average |d|))
 *     idf(t)   = ln(1 + (N - n(t) + 0.5) / (n(t) + 0.5))
 *
 * f is how often t counts for d (tokens.ts), |d| the sum of all f of d, n(t) the number of packages with t.
 */
import type { DuckDBConnection } from './duckdb';
import { nameTerm, termsOf } from './tokens';

/** What to search for; of two filters both must hold. */
export interface SearchRequest {
  /** Words, in any order. Without any, the filters alone choose, in the order of names. */
  readonly words: string;
  readonly adapter?: string | undefined;
  readonly suite?: string | undefined;
  /** Packages of all architectures count too. */
  readonly architecture?: string | undefined;
  readonly section?: string | undefined;
  /** Part of the licence's name, in any case. Packages whose licence the index does not say are left out. */
  readonly license?: string | undefined;
  /** Installed, or where the index does not say that, as a file. */
  readonly sizeBytesMax?: number | undefined;
  readonly limit: number;
}

export interface SearchResult {
  readonly name: string;
  readonly version: string;
  readonly adapter: string;
  readonly suite: string;
  readonly architecture: string;
  readonly summary: string;
  readonly sizeBytes: number;
  readonly installedSizeBytes: number | null;
  readonly section: string | null;
  readonly license: string | null;
  readonly homepage: string | null;
  readonly score: number;
}

const k1 = 1.2;
const b = 0.5;
const columns = `name, version, adapter, suite, package.architecture, summary, size_bytes, installed_size_bytes,
  section, license, homepage`;

/** Which packages, by each filter that is given. */
const conditions: Readonly<Record<Exclude<keyof SearchRequest, 'words' | 'limit'>, string>> = {
  adapter: 'adapter = $adapter',
  suite: 'suite = $suite',
  architecture: "package.architecture IN ($architecture, 'all')",
  section: "(section = $section OR section LIKE '%/' || $section)",
  license: 'contains(lower(license), lower($license))',
  sizeBytesMax: 'coalesce(installed_size_bytes, size_bytes) <= $sizeBytesMax',
};

export async function searchPackages(
  connection: DuckDBConnection,
  { words, limit, ...filters }: SearchRequest,
): Promise<readonly SearchResult[]> {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  const where = given.map(([name]) => conditions[name as keyof typeof conditions]).join(' AND ') || 'true';
  const values: Record<string, string | number | bigint> = Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'number' ? BigInt(value) : (value ?? '')]),
  );
  const terms = words.trim() === '' ? [] : [...new Set([...termsOf(words), nameTerm(words)])];
  const sql = terms.length > 0 ? rankedSql(where, terms.length) : plainSql(where);
  for (const [index, term] of terms.entries()) values[`term${index}`] = term;
  const rows = await connection.runAndReadAll(sql, { ...values, limit });
  return rows.getRowObjectsJS().map(resultOf);
}

function plainSql(where: string): string {
  return `SELECT ${columns}, 0.0 AS score FROM package JOIN source ON source.id = package.source
    WHERE ${where} ORDER BY name, suite LIMIT $limit`;
}

function rankedSql(where: string, termCount: number): string {
  const terms = Array.from({ length: termCount }, (_, index) => `$term${index}`).join(', ');
  return `
    WITH total AS (SELECT count(*) AS packages, avg(weight) AS weight FROM package),
    wanted AS (
      SELECT term, ln(1 + (packages - package_count + 0.5) / (package_count + 0.5)) AS idf
      FROM term, total WHERE term IN (${terms})),
    found AS (SELECT term, package, frequency FROM posting WHERE term IN (${terms}))
    SELECT ${columns}, score FROM (
      SELECT found.package AS id, sum(idf * frequency * ${k1 + 1}
        / (frequency + ${k1} * (1 - ${b} + ${b} * package.weight / total.weight))) AS score
      FROM found JOIN wanted USING (term) JOIN package ON package.id = found.package, total
      GROUP BY found.package)
    JOIN package USING (id) JOIN source ON source.id = package.source
    WHERE ${where} ORDER BY score DESC, name, suite LIMIT $limit`;
}

function resultOf(row: Readonly<Record<string, unknown>>): SearchResult {
  const text = (name: string): string => String(row[name]);
  const maybe = (name: string): string | null => (row[name] === null ? null : text(name));
  return {
    name: text('name'),
    version: text('version'),
    adapter: text('adapter'),
    suite: text('suite'),
    architecture: text('architecture'),
    summary: text('summary'),
    sizeBytes: Number(row.size_bytes),
    installedSizeBytes: row.installed_size_bytes === null ? null : Number(row.installed_size_bytes),
    section: maybe('section'),
    license: maybe('license'),
    homepage: maybe('homepage'),
    score: Number(row.score),
  };
}
