/** All of a Linux system's build: the definition and its lock in; cells, and the image they make, in the store out. */
import { encodeDagCbor, type LinuxSystem, type Lock, sha256 } from '../../../model';
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

/** What a cell was made of, as one digest in hex: SHA-256(dag-cbor([[adapter, name, version, sha256], …])). */
export function sourceDigestOf({ sources }: BuiltLinuxCell): string {
  const list = sources.map(({ adapter, name, version, sha256: digest }) => [adapter, name, version, digest]);
  return Buffer.from(sha256(encodeDagCbor(list).bytes)).toString('hex');
}
