/** `nexus search`: packages of the distributions by words (lexical, BM25) or in SQL, from a catalog on disk. */
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { parseArchitecture } from '../model';
import { Catalog, type SearchResult, type SqlResult } from '../providers/catalog';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { formatTable, printJson } from './output';
import { updateSources } from './search-update';
import { stateFolder } from './state';
import { cutTo, showControls } from './terminal-text';
import { readingInput, UsageError } from './usage-error';
import { createVerb, parseCount } from './verb';
import { count } from './words';

export interface SearchOptions extends CommonOptions {
  readonly adapter?: string;
  readonly suite?: string;
  readonly architecture?: string;
  readonly section?: string;
  readonly license?: string;
  readonly maxSize?: number;
  readonly limit: number;
  readonly sql?: string;
  readonly update?: boolean;
  readonly mirror?: string;
}

export function defineSearch(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('search', 'find packages by words, or ask the catalog in SQL', [
    ['nexus search --update', 'reads the index of the distribution'],
    ['nexus search small http server', 'the packages that fit best'],
    ['nexus search --section editors --max-size 2M', 'all that fit, by name'],
    ['nexus search --sql "SELECT count(*) FROM packages"', 'anything else'],
  ])
    .argument('[words...]', 'words of names and summaries')
    .option('--adapter <name>', 'only packages of this kind of distribution, such as debian')
    .option('--suite <name>', 'only this suite, branch or release')
    .option('--architecture <name>', 'only x86_64, riscv64 or aarch64, and what is for all')
    .option('--section <name>', 'only this section, such as httpd')
    .option('--license <text>', 'only where the licence is known and has this in its name')
    .option('--max-size <size>', 'installed at most so large: bytes, or 500k, 20M, 1G', parseSize)
    .option('-n, --limit <n>', 'at most so many', parseCount, 20)
    .option('--sql <select>', 'one SELECT over the tables of the catalog')
    .option('--update', 'bring the catalog up to date first')
    .option('--mirror <url>', 'with --update: where to read, else where apt does')
    .action(async (words: readonly string[], options: SearchOptions) =>
      end(await search(words, options, io)),
    );
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1000 ** 2, G: 1000 ** 3 };

/** `500k` is 500,000 bytes. */
export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d{1,12})([kMG]?)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (units[unit] ?? 1);
  throw new InvalidArgumentError('expected bytes, or a number with k, M or G');
}

async function search(words: readonly string[], options: SearchOptions, io: Io): Promise<ExitCode> {
  const { architecture, sql, update, json } = options;
  if (architecture !== undefined) await readingInput(() => parseArchitecture(architecture));
  const isAsked = words.length > 0 || sql !== undefined || hasFilter(options);
  if (!isAsked && update !== true) throw nothingAsked();
  if (sql !== undefined && words.length > 0) throw twoQuestions();
  const stateDir = stateFolder(options, io);
  const folder = join(stateDir, 'catalog');
  if (update) {
    const updated = await updateSources({ stateDir, folder, options }, io);
    // Where more is asked too, the answer alone is the result.
    if (sql === undefined && words.length === 0) {
      if (json) printJson(io.out, { updated });
      return exitCode.ok;
    }
  }
  const catalog = await Catalog.open(folder);
  try {
    if (sql !== undefined) printSql(await catalog.query(sql), options, io);
    else printFound(await catalog.search(requestOf(words, options)), options, io);
    return exitCode.ok;
  } finally {
    catalog.close();
  }
}

function hasFilter({ adapter, suite, architecture, section, license, maxSize }: SearchOptions): boolean {
  return [adapter, suite, architecture, section, license, maxSize].some((each) => each !== undefined);
}

function requestOf(words: readonly string[], options: SearchOptions) {
  const { adapter, suite, architecture, section, license, maxSize: sizeBytesMax, limit } = options;
  return { words: words.join(' '), adapter, suite, architecture, section, license, sizeBytesMax, limit };
}

function printFound(found: readonly SearchResult[], { json }: SearchOptions, { out }: Io): void {
  if (json) {
    printJson(out, { packages: found });
    return;
  }
  if (found.length === 0) {
    out.write('No package fits.\n');
    return;
  }
  const rows = found.map(({ name, version, suite, sizeBytes, installedSizeBytes, summary }) => [
    name,
    version,
    suite,
    `${((installedSizeBytes ?? sizeBytes) / 1e6).toFixed(1)} MB`,
    summary,
  ]);
  printRows(['package', 'version', 'suite', 'installed', 'summary'], rows, out);
}

function printSql({ columns, rows, isCut }: SqlResult, { json }: SearchOptions, { out, err }: Io): void {
  if (json) {
    printJson(out, { columns, rows, isCut });
    return;
  }
  const texts = rows.map((row) =>
    row.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  );
  printRows(columns, texts, out);
  if (isCut) err.write(`Only the first ${count(rows.length, 'row')}: put a LIMIT, or ask for less.\n`);
}

/** What packages say of themselves is shown and not obeyed; the last column ends with the terminal. */
function printRows(head: readonly string[], rows: readonly (readonly string[])[], out: Io['out']): void {
  const align = head.map((name) => (name === 'installed' ? 'right' : 'left'));
  const table = formatTable(
    [head, ...rows].map((row) => row.map(showControls)),
    align,
  );
  const width = out.isTTY === true ? out.columns || 80 : Number.POSITIVE_INFINITY;
  for (const line of table.trimEnd().split('\n')) out.write(`${cutTo(line, width)}\n`);
}

function nothingAsked(): UsageError {
  return new UsageError('nothing-asked', 'Cannot search: no word, no filter, no --sql and no --update', {
    hint: 'Say what to look for: `nexus search small http server`.',
  });
}

function twoQuestions(): UsageError {
  return new UsageError('two-questions', 'Cannot search: words and --sql at once, expected one of them', {
    hint: 'Put what you look for into the SQL, or leave --sql away.',
  });
}
