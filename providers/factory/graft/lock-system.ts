/** Which foreign packages a system needs, asked of today's indexes: what `nexus update` writes into the lock. */
import {
  type AdapterName,
  type CellLock,
  type LinuxCell,
  type LinuxSystem,
  type Lock,
  NexusError,
  type PinnedPackage,
} from '../../../model';
import type { NipOptions } from '../../nip';
import type { Origins } from './origins';

export interface LockOptions extends NipOptions {
  /** Seconds since 1970: what an index's dates are compared with. */
  readonly nowSeconds: number;
}

/** @throws NexusError of the adapters */
export async function resolveLock(
  system: LinuxSystem,
  origins: Origins,
  options: LockOptions,
): Promise<Lock> {
  const cells: CellLock[] = [];
  for (const cell of system.cells) cells.push(await resolveCell(cell, system, origins, options));
  return { system: system.name, architecture: system.architecture, cells };
}

async function resolveCell(
  cell: LinuxCell,
  system: LinuxSystem,
  origins: Origins,
  options: LockOptions,
): Promise<CellLock> {
  const packages: PinnedPackage[] = [];
  for (const [adapter, names] of namesByAdapter(cell, system)) {
    const closure = await origins.resolve(adapter, names, system.architecture, options);
    packages.push(...closure.map(pinOf));
  }
  return { cell: cell.name, packages };
}

function namesByAdapter(cell: LinuxCell, { repositories }: LinuxSystem): ReadonlyMap<AdapterName, string[]> {
  const byAdapter = new Map<AdapterName, string[]>();
  for (const { name, from = repositories[0]?.adapter } of cell.packages)
    if (from !== undefined) byAdapter.set(from, [...(byAdapter.get(from) ?? []), name]);
  return byAdapter;
}

function pinOf({
  adapter,
  name,
  version,
  architecture,
  path,
  sizeBytes,
  sha256,
}: PinnedPackage): PinnedPackage {
  return { adapter, name, version, architecture, path, sizeBytes, sha256 };
}

/** What is pinned for a cell. @throws NexusError `stale-lock` when the lock is of another system.kdl */
export function lockOf(cell: LinuxCell, system: LinuxSystem, lock: Lock, file: string): CellLock {
  const found = lock.cells.find((each) => each.cell === cell.name);
  const isOfSystem = lock.system === system.name && lock.architecture === system.architecture;
  const missing = cell.packages.find(({ name }) => !found?.packages.some((each) => each.name === name));
  if (found !== undefined && isOfSystem && missing === undefined) return found;
  const reason = !isOfSystem
    ? `it is of system "${lock.system}" (${lock.architecture})`
    : found === undefined
      ? `it has no cell "${cell.name}"`
      : `cell "${cell.name}" wants package "${missing?.name}", which it does not pin`;
  throw new NexusError('stale-lock', `Cannot build from "${file}": ${reason}`, {
    place: { file },
    hint: 'Run `nexus update`, look at what changes, and commit it.',
  });
}

/** One line of what an update would do. */
export interface LockChange {
  readonly cell: string;
  readonly name: string;
  readonly adapter: AdapterName;
  /** Undefined for a package that comes in. */
  readonly from: PinnedPackage | undefined;
  /** Undefined for a package that goes. */
  readonly to: PinnedPackage | undefined;
}

/** What differs between two locks, in the order of cells and names. */
export function compareLocks(before: Lock | undefined, after: Lock): readonly LockChange[] {
  const names = new Set([...(before?.cells ?? []), ...after.cells].map(({ cell }) => cell));
  return [...names].sort().flatMap((cell) => compareCells(cell, cellOf(before, cell), cellOf(after, cell)));
}

function cellOf(lock: Lock | undefined, cell: string): readonly PinnedPackage[] {
  return lock?.cells.find((each) => each.cell === cell)?.packages ?? [];
}

function compareCells(
  cell: string,
  before: readonly PinnedPackage[],
  after: readonly PinnedPackage[],
): readonly LockChange[] {
  const keyOf = ({ adapter, name }: PinnedPackage): string => `${adapter}/${name}`;
  const [old, fresh] = [before, after].map((list) => new Map(list.map((each) => [keyOf(each), each])));
  const keys = [...new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])].sort();
  return keys.flatMap((key) => {
    const [from, to] = [old?.get(key), fresh?.get(key)];
    const some = to ?? from;
    if (some === undefined || (from?.sha256 === to?.sha256 && from?.version === to?.version)) return [];
    return [{ cell, name: some.name, adapter: some.adapter, from, to }];
  });
}
