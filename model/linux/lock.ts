/**
 * The lock of a system: every foreign package that goes into it, pinned by version and digest. A build from the lock asks
 * no index, and what has vanished from the mirror is built from the store.
 */
import type { AdapterName, Architecture } from './repository';

/** One package at one version: all that is needed to fetch and check it. */
export interface PinnedPackage {
  readonly adapter: AdapterName;
  readonly name: string;
  readonly version: string;
  readonly architecture: Architecture | 'all';
  /** Where it lies below the mirror, with "/". */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the package's file in hex. */
  readonly sha256: string;
}

/** The closure of one cell. */
export interface CellLock {
  readonly cell: string;
  /** Sorted by adapter and name. */
  readonly packages: readonly PinnedPackage[];
}

export interface Lock {
  readonly system: string;
  readonly architecture: Architecture;
  /** Sorted by cell; the image's own parts, such as the kernel, are those of the cell "" . */
  readonly cells: readonly CellLock[];
}
