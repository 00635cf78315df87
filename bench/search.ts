/**
 * Searching the packages of a distribution: P50 and P99 of a search in an open catalog, and the whole command. Beside
 * it, in the same run, apt-cache, which looks for the same words in the machine's own lists.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalog, updateCatalog } from '../providers/catalog';
import { DebianAdapter, debianMirror } from '../providers/nip';
import { BlockStore } from '../providers/store';
import { type Figure, median, percentile } from './figures';

const searches = [
  'small http server',
  'pdf viewer',
  'python library for dates',
  'git',
  'terminal text editor',
  'postgresql extension',
  'rust crate for json parsing',
  'free network monitoring tool with web interface',
];
const rounds = 25;

async function timeMs(act: () => unknown): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

/** Reads the index from the machine's own mirror, once. */
export async function benchSearch(): Promise<readonly Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  try {
    const folder = join(home, '.nexus', 'catalog');
    const store = await BlockStore.open(join(home, 'store'));
    const repository = {
      adapter: 'debian',
      mirror: await debianMirror(),
      suite: 'bookworm',
      components: [],
      keys: [],
    } as const;
    const nowSeconds = Math.floor(Date.now() / 1000);
    const index = await new DebianAdapter(store).readIndex({
      repository,
      architecture: 'x86_64',
      nowSeconds,
    });
    const source = { adapter: 'debian', suite: 'bookworm', architecture: 'x86_64' };
    const packages = [...index.all()];
    const update = (): Promise<unknown> => updateCatalog({ folder, source, packages, nowMs: Date.now() });
    const [firstMs, againMs] = [await timeMs(update), await timeMs(update)];
    return [
      { name: 'packages', value: packages.length, unit: '' },
      { name: 'catalog made', value: firstMs, unit: 'ms' },
      { name: 'catalog brought up to date, nothing changed', value: againMs, unit: 'ms' },
      ...(await searchFigures(folder)),
      ...(await commandFigures(home)),
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function searchFigures(folder: string): Promise<readonly Figure[]> {
  const catalog = await Catalog.open(folder);
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const words of searches) times.push(await timeMs(() => catalog.search({ words, limit: 20 })));
    return [
      { name: 'search in an open catalog, P50', value: median(times), unit: 'ms' },
      { name: 'search in an open catalog, P99', value: percentile(times, 99), unit: 'ms' },
    ];
  } finally {
    catalog.close();
  }
}

async function commandFigures(home: string): Promise<readonly Figure[]> {
  const nexus = join(__dirname, '../dist/nexus.js');
  const run = (program: string, ...args: readonly string[]): Promise<number> =>
    timeMs(() => execFileSync(program, args, { cwd: home, stdio: 'ignore' }));
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (const words of searches) {
    ours.push(await run(process.execPath, nexus, 'search', words));
    theirs.push(await run('apt-cache', 'search', ...words.split(' ')));
  }
  return [
    { name: 'nexus search, whole command, P50', value: median(ours), unit: 'ms' },
    { name: 'apt-cache search (all words, unranked), P50', value: median(theirs), unit: 'ms' },
    { name: 'the one against the other', value: median(ours) / median(theirs), unit: 'times' },
  ];
}
