/** The catalog: what a search ranks first, filters, increments, SQL within its bounds, readers beside an updater. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { Catalog, catalogPath, type Updated, updateCatalog } from '../../../providers/catalog';
import { termsOf } from '../../../providers/catalog/tokens';
import type { PackageRecord } from '../../../providers/nip';
import { temporaryFolder } from '../factory/_folders';
import { bundleScript } from '../factory/_script';

const source = { adapter: 'debian', suite: 'bookworm', architecture: 'x86_64' };

function record(name: string, summary: string, more: Partial<PackageRecord> = {}): PackageRecord {
  return {
    adapter: 'debian',
    name,
    version: '1.0',
    architecture: 'x86_64',
    path: `pool/${name}.deb`,
    sizeBytes: 1000,
    sha256: Buffer.from(name.padEnd(32, '.').slice(0, 32)).toString('hex'),
    summary,
    installedSizeBytes: 5000,
    homepage: undefined,
    section: 'misc',
    license: undefined,
    ...more,
  };
}

const packages = [
  record('micro-httpd', 'really small HTTP server', { section: 'httpd', installedSizeBytes: 30_000 }),
  record('apache2', 'Apache HTTP Server', { section: 'httpd', installedSizeBytes: 600_000 }),
  record('git', 'fast, scalable, distributed revision control system', { section: 'vcs' }),
  record('git-annex', 'manage files with git, without checking their contents into git'),
  record('libhttp-server-simple-perl', 'simple stand-alone HTTP server', {
    section: 'perl',
    architecture: 'all',
  }),
  record('evince', 'Document (PostScript, PDF) viewer', {
    license: 'GPL-2.0-or-later',
    architecture: 'riscv64',
  }),
  record('fonts-x', 'fonts', { installedSizeBytes: undefined, sizeBytes: 900 }),
];

const update = (folder: string, list: readonly PackageRecord[], of = source): Promise<Updated> =>
  updateCatalog({ folder, source: of, packages: list, nowMs: 1_700_000_000_000 });

async function withCatalog<T>(folder: string, use: (catalog: Catalog) => Promise<T>): Promise<T> {
  const catalog = await Catalog.open(folder);
  try {
    return await use(catalog);
  } finally {
    catalog.close();
  }
}

const namesFor = (folder: string, words: string, filters = {}): Promise<readonly string[]> =>
  withCatalog(folder, async (catalog) =>
    (await catalog.search({ words, limit: 20, ...filters })).map(({ name }) => name),
  );

test('what has the rarer words comes first, and a name that is asked for before all others', async () => {
  const folder = temporaryFolder();
  expect(await update(folder, packages)).toMatchObject({
    addedCount: 7,
    changedCount: 0,
    removedCount: 0,
    count: 7,
  });
  expect((await namesFor(folder, 'Small HTTP servers'))[0]).toBe('micro-httpd');
  expect(await namesFor(folder, 'git')).toEqual(['git', 'git-annex']);
  expect(await namesFor(folder, 'no-such-thing')).toEqual([]);
  expect(await namesFor(folder, "'; DROP TABLE term; --")).toEqual([]);
});

test('each filter leaves out what does not fit; without words they choose alone', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  expect(await namesFor(folder, 'http', { section: 'httpd' })).toEqual(['apache2', 'micro-httpd']);
  expect(await namesFor(folder, 'http', { sizeBytesMax: 40_000 })).not.toContain('apache2');
  expect(await namesFor(folder, '', { sizeBytesMax: 4999 })).toEqual(['fonts-x']);
  expect(await namesFor(folder, '', { license: 'gpl-2' })).toEqual(['evince']);
  expect(await namesFor(folder, '', { architecture: 'riscv64' })).toEqual([
    'evince',
    'libhttp-server-simple-perl',
  ]);
  expect(await namesFor(folder, '', { suite: 'trixie' })).toEqual([]);
  expect(await namesFor(folder, '', { adapter: 'debian', section: 'vcs' })).toEqual(['git']);
});

test('the scores are those of the formula, worked out by hand', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  const found = await withCatalog(folder, (catalog) => catalog.search({ words: 'viewer', limit: 1 }));
  const weights = packages.map(({ name, summary }) => 2 + 2 * termsOf(name).length + termsOf(summary).length);
  const average = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const idf = Math.log(1 + (7 - 1 + 0.5) / (1 + 0.5));
  const expected = (idf * 1 * 2.2) / (1 + 1.2 * (1 - 0.5 + (0.5 * (weights[5] ?? 0)) / average));
  expect(found[0]?.score).toBeCloseTo(expected, 10);
});

test('an update touches what is new, changed or gone; a second source stands beside the first', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  expect(await update(folder, packages)).toMatchObject({ addedCount: 0, changedCount: 0, removedCount: 0 });
  const next = [
    ...packages.slice(2),
    record('micro-httpd', 'tiny web thing', { version: '2.0' }),
    record('nginx', 'small, powerful, scalable web server'),
  ];
  expect(await update(folder, next)).toMatchObject({
    addedCount: 1,
    changedCount: 1,
    removedCount: 1,
    count: 7,
  });
  expect(await namesFor(folder, 'apache')).toEqual([]);
  expect(await namesFor(folder, 'tiny')).toEqual(['micro-httpd']);
  expect(await namesFor(folder, 'really')).toEqual([]);
  const trixie = { ...source, suite: 'trixie' };
  expect(await update(folder, packages.slice(0, 1), trixie)).toMatchObject({ addedCount: 1 });
  await withCatalog(folder, async (catalog) => {
    expect(await catalog.sources()).toMatchObject([
      { suite: 'bookworm', count: 7 },
      { suite: 'trixie', count: 1 },
    ]);
  });
  const rebuilt = temporaryFolder();
  await update(rebuilt, next);
  await update(rebuilt, packages.slice(0, 1), trixie);
  const scores = (of: string): Promise<unknown> =>
    withCatalog(of, async (catalog) => {
      const found = await catalog.search({ words: 'small http web server git', limit: 20 });
      return found.map(({ name, suite, score }) => [name, suite, score.toFixed(9)]);
    });
  expect(await scores(folder)).toEqual(await scores(rebuilt));
});

test('SQL reads the tables, one SELECT at a time, and nothing else', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  writeFileSync(join(folder, 'secret.csv'), 'a,b\n1,2\n');
  await withCatalog(folder, async (catalog) => {
    const sql = 'SELECT section, count(*) AS n FROM packages GROUP BY section ORDER BY section LIMIT 2';
    expect(await catalog.query(sql)).toEqual({
      columns: ['section', 'n'],
      rows: [
        ['httpd', '2'],
        ['misc', '3'],
      ],
      isCut: false,
    });
    const many = await catalog.query('SELECT range FROM range(100)', { rowsMax: 10 });
    expect([many.rows.length, many.isCut]).toEqual([10, true]);
    for (const wrong of [
      'SELECT 1; SELECT 2',
      '',
      'DROP TABLE term',
      'INSERT INTO term VALUES (1, 2)',
      `SELECT * FROM read_csv('${join(folder, 'secret.csv')}')`,
      `SELECT * FROM '${join(folder, 'secret.csv')}'`,
      `SELECT * FROM glob('/*')`,
      `COPY packages TO '${join(folder, 'out.csv')}'`,
      `ATTACH '${join(folder, 'other.db')}'`,
      "SET memory_limit = '64GB'",
      'SET enable_external_access = true',
      'INSTALL httpfs',
      'LOAD httpfs',
      'EXPLAIN ANALYZE SELECT 1',
      "SELECT * FROM read_text('/etc/hostname')",
      `SELECT ${'1,'.repeat(60_000)}1`,
    ])
      await expect(catalog.query(wrong)).rejects.toMatchObject({ code: 'bad-sql' });
    const forever =
      'SELECT count(*) FROM range(1000000) a, range(1000000) b, range(99) c WHERE a.range * b.range = c.range + 7';
    await expect(catalog.query(forever, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'sql-timeout' });
    const large = 'SELECT list(repeat(range::VARCHAR, 1000)) FROM range(2000000)';
    await expect(catalog.query(large)).rejects.toMatchObject({ code: 'bad-sql', message: /memory/i });
    expect(await catalog.query('SELECT 1 AS a')).toMatchObject({ rows: [[1]] });
  });
  expect(readdirSync(folder).sort()).toEqual(['catalog.duckdb', 'secret.csv']);
});

test('a reader goes on with the catalog that it opened while another process updates', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  await withCatalog(folder, async (catalog) => {
    await update(folder, packages.slice(0, 2));
    expect((await catalog.search({ words: 'git', limit: 5 })).length).toBe(2);
    expect(await namesFor(folder, 'git')).toEqual([]);
  });
});

/** A process that updates the catalog with many packages. */
const updater = (folder: string): string =>
  bundleScript(`
    import { updateCatalog } from './providers/catalog';
    const sample = ${JSON.stringify(record('p', 'a package'))};
    const packages = Array.from({ length: 9000 }, (_, at) => ({ ...sample, name: 'p' + at }));
    updateCatalog({
      folder: ${JSON.stringify(folder)}, source: ${JSON.stringify(source)}, packages, nowMs: 0,
      onProgress: (_, done) => { if (done > 5000) process.kill(process.pid, 'SIGKILL'); },
    }).catch((error) => console.log(error.code, error.hint));
  `);

test('an update that is killed leaves the old catalog, and its remains go with the next one', async () => {
  const folder = temporaryFolder();
  await update(folder, packages);
  const script = updater(folder);
  symlinkSync(join(__dirname, '../../../node_modules'), join(dirname(script), 'node_modules'));
  expect(spawnSync(process.execPath, [script]).signal).toBe('SIGKILL');
  expect(readdirSync(folder).length).toBeGreaterThan(1);
  expect(await namesFor(folder, 'git')).toEqual(['git', 'git-annex']);
  await update(folder, packages.slice(1));
  expect(readdirSync(folder)).toEqual(['catalog.duckdb']);
});

test('where DuckDB is not installed, it is said what to install', () => {
  const { stdout } = spawnSync(process.execPath, [updater(temporaryFolder())], { encoding: 'utf8' });
  expect(stdout).toContain('no-duckdb Run `npm install @duckdb/node-api@');
  const { optionalDependencies } = JSON.parse(
    readFileSync(join(__dirname, '../../../package.json'), 'utf8'),
  ) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  expect(stdout).toContain(`@${optionalDependencies['@duckdb/node-api']}`);
});

test('no catalog, a damaged one and one of another version are told apart from an empty answer', async () => {
  const folder = temporaryFolder();
  await expect(Catalog.open(folder)).rejects.toMatchObject({ code: 'no-catalog' });
  writeFileSync(catalogPath(folder), 'not a database at all, but text');
  await expect(Catalog.open(folder)).rejects.toMatchObject({ code: 'bad-catalog' });
  expect(await update(folder, packages)).toMatchObject({ addedCount: 7 });
  expect(await namesFor(folder, 'git')).toHaveLength(2);
});

test('whatever text a package has, its terms are short words in lower case, of bounded number', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const term of termsOf(text)) {
        expect(term).toMatch(/^[\p{L}\p{N}]{1,40}$/u);
        expect(term.toLowerCase()).toBe(term);
      }
    }),
  );
  expect(termsOf('x '.repeat(5000))).toHaveLength(400);
  expect(termsOf('Libraries, boxes and the STATUS of classes: café')).toEqual([
    'library',
    'box',
    'status',
    'class',
    'cafe',
  ]);
});
