/** All cells of a Linux system: its definition and its lock in, sealed cells in the store out. */
import type { LinuxSystem, Lock } from '../../../model';
import type { NipOptions } from '../../nip';
import type { Factory } from '../factory';
import { type BuiltLinuxCell, buildLinuxCell } from './cell';
import { lockOf } from './lock-system';
import { Origins } from './origins';

export interface GraftRequest {
  readonly system: LinuxSystem;
  readonly lock: Lock;
  /** The lock's name in errors. */
  readonly lockFile: string;
  /** What relative paths of the system are relative to. */
  readonly baseFolder: string;
}

/** Cells in the order of their names. @throws NexusError of any step; `stale-lock` */
export async function buildGraftCells(
  { system, lock, lockFile, baseFolder }: GraftRequest,
  factory: Factory,
  options: NipOptions = {},
): Promise<readonly BuiltLinuxCell[]> {
  const origins = new Origins({ system, baseFolder, store: factory.store });
  const cells: BuiltLinuxCell[] = [];
  for (const cell of system.cells) {
    const request = { cell, architecture: system.architecture, lock: lockOf(cell, system, lock, lockFile) };
    cells.push(await buildLinuxCell(request, { factory, origins }, options));
  }
  return cells;
}
