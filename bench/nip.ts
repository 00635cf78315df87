/**
 * A workstation's packages as a root file system from a warm download cache, beside `mmdebstrap --variant=extract` over the
 * same packages, and what unpacking a large package takes of memory. Ours ends with one tree whose files lie in the store,
 * mmdebstrap's with a folder. Both read the signed index anew. Needs the network for what is not cached.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { PinnedPackage } from '../model';
import {
  cidOfSha256,
  createAdapter,
  debianMirror,
  Mirror,
  mergeTrees,
  type PackageRecord,
  UnpackPool,
} from '../providers/nip';
import { BlockStore } from '../providers/store';
import { type Figure, median } from './figures';

const workstation = ['gcc', 'git', 'python3', 'vim', 'openssh-server'];
const suite = 'bookworm';

async function seconds(act: () => unknown): Promise<number> {
  const startMs = performance.now();
  await act();
  return (performance.now() - startMs) / 1000;
}

async function open(folder: string) {
  const repository = {
    adapter: 'debian' as const,
    mirror: await debianMirror(),
    suite,
    components: [],
    keys: [],
  };
  const store = await BlockStore.open(folder);
  const resolve = (packages: readonly string[]): Promise<readonly PackageRecord[]> =>
    createAdapter('debian', store).resolve({
      repository,
      architecture: 'x86_64',
      packages,
      nowSeconds: Date.now() / 1000,
    });
  return { repository, store, resolve };
}

/** A store with the packages' files and nothing made of them. */
function linkCache(
  cache: BlockStore,
  packages: readonly PinnedPackage[],
  folder: string,
  nameOf: (each: PinnedPackage) => string,
): void {
  for (const each of packages) {
    const to = join(folder, nameOf(each));
    mkdirSync(dirname(to), { recursive: true });
    linkSync(cache.pathOf(cidOfSha256(each.sha256)), to);
  }
}

async function ours(cache: BlockStore, packages: readonly PinnedPackage[], folder: string): Promise<void> {
  linkCache(cache, packages, folder, (each) =>
    cache.pathOf(cidOfSha256(each.sha256)).slice(cache.folder.length + 1),
  );
  const { repository, store, resolve } = await open(folder);
  const pool = new UnpackPool(store);
  const closure = await resolve(workstation);
  // The largest first, so that no thread is left with one at the end.
  const bySize = [...closure].sort((left, right) => right.sizeBytes - left.sizeBytes);
  const trees = await Promise.all(
    bySize.map(async (each) => ({ name: each.name, tree: await pool.unpack(each, repository) })),
  );
  mergeTrees(trees);
  await pool.close();
}

async function mmdebstrap(
  cache: BlockStore,
  packages: readonly PinnedPackage[],
  folder: string,
): Promise<void> {
  const debs = join(folder, 'debs');
  const nameOf = ({ name, version, architecture }: PinnedPackage): string =>
    `${name}_${version.replace(':', '%3a')}_${architecture === 'all' ? 'all' : 'amd64'}.deb`;
  linkCache(cache, packages, debs, nameOf);
  const hook = `mkdir -p "$1/var/cache/apt/archives" && cp -l ${debs}/*.deb "$1/var/cache/apt/archives/"`;
  const args = [
    '--quiet',
    '--variant=extract',
    '--mode=root',
    `--setup-hook=${hook}`,
    `--include=${workstation.join(',')}`,
  ];
  const source = `deb ${await debianMirror()} ${suite} main`;
  execFileSync('mmdebstrap', [...args, suite, join(folder, 'root'), source], { stdio: 'pipe' });
}

/** What one process takes at most, with the package already fetched. */
async function memoryMb(folder: string): Promise<number> {
  const { repository, store, resolve } = await open(folder);
  const image = (await resolve(['linux-image-amd64'])).find(({ name }) => /^linux-image-\d/.test(name));
  if (image === undefined) throw new Error('no kernel');
  await new Mirror(repository.mirror, store).fetch(image);
  const program = `
    const { createAdapter } = require('./providers/nip');
    const { BlockStore } = require('./providers/store');
    const [folder, pinned, repository] = JSON.parse(process.argv[1]);
    BlockStore.open(folder).then((store) => createAdapter('debian', store).unpack(pinned, repository))
      .then(() => console.log(process.resourceUsage().maxRSS));`;
  const args = [
    '--conditions=import',
    '-r',
    'tsx/cjs',
    '-e',
    program,
    JSON.stringify([folder, image, repository]),
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: dirname(__dirname), encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return Number(stdout) / 1024;
}

export async function benchNip(rounds = 3): Promise<readonly Figure[]> {
  if (spawnSync('mmdebstrap', ['--version']).error !== undefined)
    throw new Error('mmdebstrap is missing: sudo apt-get install mmdebstrap');
  const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-nip-'));
  try {
    const { store, resolve, repository } = await open(join(folder, 'cache'));
    const packages = await resolve(workstation);
    for (const each of packages) await new Mirror(repository.mirror, store).fetch(each);
    const [mine, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      const at = join(folder, String(round));
      mine.push(await seconds(() => ours(store, packages, join(at, 'ours'))));
      theirs.push(await seconds(() => mmdebstrap(store, packages, join(at, 'theirs'))));
      rmSync(at, { recursive: true, force: true });
    }
    const [one, other] = [median(mine), median(theirs)];
    return [
      { name: `root of ${packages.length} packages, nip`, value: one, unit: 's' },
      { name: 'the same, mmdebstrap --variant=extract', value: other, unit: 's' },
      { name: 'nip against mmdebstrap', value: other / one, unit: 'times' },
      {
        name: 'memory while unpacking a kernel package',
        value: await memoryMb(join(folder, 'cache')),
        unit: 'MB',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
