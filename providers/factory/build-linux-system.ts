/**
 * All of a Linux system's build: its definition and lock in; its cells, and the image that they make with those of its
 * profile, in the store out. A cell of the system takes the place of the profile's cell of the same name. What a cell
 * pledges and unveils is put into force by the launcher, which then starts it.
 */
import {
  type AdapterName,
  type Architecture,
  type CellLock,
  type LinuxCell,
  type LinuxSystem,
  NexusError,
  type PinnedPackage,
} from '../../model';
import type { NamedTree, NipOptions, TreeFile } from '../nip';
import { formatCellPolicy } from '../pledge';
import type { Factory } from './factory';
import { type BuiltLinuxCell, buildGraftCells, type GraftRequest, lockOf, Origins } from './graft';
import { compileLauncher } from './launcher';
import {
  type BuiltLinuxImage,
  buildProfileImage,
  findLinuxProfile,
  type LinuxProfile,
  type LinuxService,
} from './linux';

/** The system as {@link completeSystem} made it. */
export type LinuxSystemRequest = GraftRequest;

export interface BuiltLinuxSystem {
  /** In the order of their names; the kernel is none of them. */
  readonly cells: readonly BuiltLinuxCell[];
  readonly image: BuiltLinuxImage;
}

/** The name under which the lock has the kernel's packages. */
export const kernelCell = 'kernel';
const [launcherPath, policyFolder] = ['usr/sbin/launch', 'etc/nexus/cells'];

/** A system with all that its profile adds: cells, the kernel, and Debian where nothing else is named. */
export function completeSystem(system: LinuxSystem): LinuxSystem {
  const profile = findLinuxProfile(system.profile, system.architecture);
  const named = new Set(system.cells.map(({ name }) => name));
  if (named.has(kernelCell)) throw reservedName(system.name);
  const added = [...profile.cells, kernelOf(profile, system.architecture)].filter(
    ({ name }) => !named.has(name),
  );
  const [only] = system.repositories;
  const own = system.cells.map((cell) => fromAdapter(cell, only?.adapter));
  const cells = [...own, ...added.map((cell) => fromAdapter(cell, 'debian'))];
  return {
    ...system,
    repositories: withDebian(system, profile),
    cells: cells.sort((left, right) => (left.name < right.name ? -1 : 1)),
  };
}

function kernelOf(profile: LinuxProfile, architecture: Architecture): LinuxCell {
  const packages = [{ name: profile.kernels[architecture] ?? '', from: undefined }];
  return {
    name: kernelCell,
    packages,
    keep: [],
    drop: [],
    links: [],
    pledges: [],
    unveils: [],
    run: undefined,
  };
}

/** Says of each package where it comes from, as far as it does not say so itself. */
function fromAdapter(cell: LinuxCell, adapter: AdapterName | undefined): LinuxCell {
  return { ...cell, packages: cell.packages.map(({ name, from = adapter }) => ({ name, from })) };
}

function reservedName(system: string): NexusError {
  return new NexusError(
    'bad-name',
    `Cannot build system "${system}": it has a cell "${kernelCell}", which is what the image's own is called`,
    { hint: 'Rename the cell.' },
  );
}

function withDebian(
  { repositories, architecture }: LinuxSystem,
  profile: LinuxProfile,
): LinuxSystem['repositories'] {
  const suite = profile.suites[architecture];
  if (suite === undefined || repositories.some(({ adapter }) => adapter === 'debian')) return repositories;
  return [...repositories, { adapter: 'debian', suite, mirror: undefined, components: [], keys: [] }];
}

/** @throws NexusError of any step; `stale-lock`, `over-budget` */
export async function buildLinuxSystem(
  request: LinuxSystemRequest,
  factory: Factory,
  options: NipOptions = {},
): Promise<BuiltLinuxSystem> {
  const { system, lock, lockFile, baseFolder } = request;
  const context = { factory, origins: new Origins({ system, baseFolder, store: factory.store }) };
  const own = { ...system, cells: system.cells.filter(({ name }) => name !== kernelCell) };
  const cells = await buildGraftCells({ system: own, lock, lockFile, baseFolder }, factory, options);
  const services = await boundServices(system, factory, options.signal);
  const image = await buildProfileImage(
    {
      system,
      cells: [...cells.map(({ name, tree }) => ({ name, tree })), ...services.trees],
      kernel: kernelIn(lockOfKernel(request)),
      services: services.list,
    },
    context,
    { signal: options.signal },
  );
  return { cells, image };
}

function lockOfKernel({ system, lock, lockFile }: LinuxSystemRequest): CellLock {
  const cell = system.cells.find(({ name }) => name === kernelCell);
  if (cell === undefined) throw new Error('The system was not completed');
  return lockOf(cell, system, lock, lockFile);
}

/** What the kernel's package needs makes an initramfs; ours is made without it. */
function kernelIn({ packages }: CellLock): PinnedPackage {
  const found = packages.find(({ name }) => /^linux-image-\d/.test(name));
  if (found !== undefined) return found;
  throw new NexusError('no-kernel', 'Cannot build an image: no package of the lock is a kernel', {
    hint: 'Run `nexus update`.',
  });
}

interface Services {
  readonly list: readonly LinuxService[];
  /** What they need besides their cells. */
  readonly trees: readonly NamedTree[];
}

async function boundServices(
  { cells, architecture }: LinuxSystem,
  factory: Factory,
  signal: AbortSignal | undefined,
): Promise<Services> {
  const running = cells.filter(({ run }) => run !== undefined);
  const trees = await launcherTree(running.filter(isBound), architecture, factory, signal);
  return { list: running.map(serviceOf), trees };
}

/** Whether anything was said of what it may do. A cell without a word is as free as root is. */
function isBound({ pledges, unveils }: LinuxCell): boolean {
  return pledges.length + unveils.length > 0;
}

function serviceOf(cell: LinuxCell): LinuxService {
  const run = isBound(cell) ? [`/${launcherPath}`, `/${policyFolder}/${cell.name}.policy`] : (cell.run ?? []);
  return { name: cell.name, run };
}

/** The launcher and a policy for each bound cell, as one more tree of the root. */
async function launcherTree(
  bound: readonly LinuxCell[],
  architecture: Architecture,
  factory: Factory,
  signal: AbortSignal | undefined,
): Promise<readonly NamedTree[]> {
  if (bound.length === 0) return [];
  const launcher = await compileLauncher(architecture, factory, signal);
  const files: TreeFile[] = [await fileOf(launcherPath, launcher, 0o755, factory)];
  for (const cell of bound)
    files.push(
      await fileOf(
        `${policyFolder}/${cell.name}.policy`,
        formatCellPolicy(cell, architecture),
        0o644,
        factory,
      ),
    );
  const folders = ['etc', 'etc/nexus', policyFolder, 'usr', 'usr/sbin'];
  const tree = [...folders.map((path) => ({ type: 'folder' as const, path })), ...files];
  return [{ name: 'launcher', tree: tree.sort((left, right) => (left.path < right.path ? -1 : 1)) }];
}

async function fileOf(
  path: string,
  bytes: Uint8Array,
  mode: TreeFile['mode'],
  { store }: Factory,
): Promise<TreeFile> {
  return { type: 'file', path, mode, sizeBytes: bytes.length, block: await store.put('raw', bytes) };
}
