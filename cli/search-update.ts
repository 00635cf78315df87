/** The catalog brought up to date: each index is read, verified by its adapter, and compared with what is there. */
import { join } from 'node:path';
import { type Architecture, parseAdapterName, parseArchitecture } from '../model';
import { Catalog, type CatalogSource, type Updated, updateCatalog } from '../providers/catalog';
import { DebianAdapter, debianMirror, type PackageRecord } from '../providers/nip';
import { BlockStore } from '../providers/store';
import type { Io } from './io';
import { createMeter } from './meter';
import { createProgress } from './progress';
import type { SearchOptions } from './search';
import { readingInput, UsageError } from './usage-error';
import { count } from './words';

interface UpdateDesk {
  readonly stateDir: string;
  readonly folder: string;
  readonly options: SearchOptions;
}

type Source = CatalogSource & { readonly architecture: Architecture };

/** The sources that are named, else those that the catalog has, else Debian's stable for this kind of machine. */
export async function updateSources(desk: UpdateDesk, io: Io): Promise<readonly Updated[]> {
  const { folder, options } = desk;
  const sources = await readingInput(() => chooseSources(folder, options));
  const store = await BlockStore.open(join(desk.stateDir, 'store'));
  const updated: Updated[] = [];
  for (const source of sources) {
    const progress = createProgress(io.err, options.json === true);
    try {
      progress.step('index', `${source.adapter} ${source.suite} ${source.architecture}`);
      const packages = await readPackages(source, store, options, io);
      const onProgress = createMeter(progress, io.environment.clock);
      const nowMs = io.environment.clock();
      updated.push(await updateCatalog({ folder, source, packages, nowMs, signal: io.signal, onProgress }));
    } finally {
      progress.clear();
    }
  }
  for (const each of updated) io.err.write(`${describe(each)}\n`);
  return updated;
}

async function chooseSources(folder: string, options: SearchOptions): Promise<readonly Source[]> {
  const { adapter = 'debian', suite, architecture } = options;
  checkAdapter(parseAdapterName(adapter));
  const known = await knownSources(folder);
  const isNamed = suite !== undefined || architecture !== undefined || options.adapter !== undefined;
  if (!isNamed && known.length > 0) return known;
  return [{ adapter, suite: suite ?? 'bookworm', architecture: parseArchitecture(architecture ?? 'x86_64') }];
}

/** None where there is no catalog, or one that an update makes anew. */
async function knownSources(folder: string): Promise<readonly Source[]> {
  try {
    const catalog = await Catalog.open(folder);
    try {
      return (await catalog.sources()).map((each) => ({
        ...each,
        architecture: parseArchitecture(each.architecture),
      }));
    } finally {
      catalog.close();
    }
  } catch {
    return [];
  }
}

function checkAdapter(adapter: string): void {
  if (adapter === 'debian') return;
  throw new UsageError(
    'no-index',
    `Cannot read the index of "${adapter}": only that of debian is read so far`,
    {
      hint: 'Say --adapter debian, or leave it away.',
    },
  );
}

async function readPackages(
  { suite, architecture }: Source,
  store: BlockStore,
  { mirror }: SearchOptions,
  { environment, signal }: Io,
): Promise<readonly PackageRecord[]> {
  const base = (mirror ?? (await debianMirror())).replace(/\/$/, '');
  const repository = { adapter: 'debian', mirror: base, suite, components: [], keys: [] } as const;
  const nowSeconds = Math.floor(environment.clock() / 1000);
  const index = await new DebianAdapter(store).readIndex({ repository, architecture, nowSeconds, signal });
  return [...index.all()];
}

function describe({ source, count: total, addedCount, changedCount, removedCount }: Updated): string {
  const name = `${source.adapter} ${source.suite} ${source.architecture}: ${count(total, 'package')}`;
  if (addedCount + changedCount + removedCount === 0) return `${name}, nothing changed.`;
  return `${name}; ${addedCount.toLocaleString('en-US')} new, ${changedCount.toLocaleString('en-US')} changed, ${removedCount.toLocaleString('en-US')} gone.`;
}
