/**
 * What every adapter is. A distribution's adapter knows its index, its signatures and its archive format, and nothing of
 * cells and images; who has read one adapter has read them all. A folder an adapter, and in it, as far as it has them:
 *
 *     index.ts      the folder's exports           metadata.ts   one package's own words about itself
 *     verify.ts     whose signature covers what    fetch.ts      bytes by digest, from a mirror or the cache
 *     resolve.ts    what must come along           unpack.ts     an archive's entries, to be sealed (seal.ts)
 *     packages.ts   the index as typed values
 */
import type { FileTree } from './tree';

export const adapterNames = ['debian', 'alpine', 'chimera', 'openbsd', 'netbsd', 'oci'] as const;
export type AdapterName = (typeof adapterNames)[number];

/** Architectures by the names that Nexus uses: the kernel's. */
export const architectures = ['x86_64', 'riscv64', 'aarch64'] as const;
export type Architecture = (typeof architectures)[number];

/** One package at one version, pinned: all that is needed to fetch and check it without any index. */
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

/** What an index says of a package beyond its pin. */
export interface PackageRecord extends PinnedPackage {
  readonly summary: string;
  /** In bytes, when unpacked; undefined where the index does not say. */
  readonly installedSizeBytes: number | undefined;
  readonly homepage: string | undefined;
  readonly section: string | undefined;
  readonly license: string | undefined;
}

/** Where an adapter looks, as `system.kdl` names it. */
export interface Repository {
  readonly adapter: AdapterName;
  /** URL or folder of the mirror, without a slash at its end. */
  readonly mirror: string;
  /** The suite, branch or release: `bookworm`, `v3.20`, `7.6`. */
  readonly suite: string;
  /** `main`, `community`; the adapter's own default when empty. */
  readonly components: readonly string[];
  /** Files of the keys that may sign. */
  readonly keys: readonly string[];
}

/** What goes on, for progress and cancel. */
export interface NipOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called as work goes on: a phase, how much of it is done, and of how much. @default nobody is told */
  readonly onProgress?: ((progress: NipProgress) => void) | undefined;
}

export interface NipProgress {
  readonly phase: 'index' | 'fetch' | 'unpack' | 'filter' | 'compose';
  /** What is at work: a package's name, a file. */
  readonly detail: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'packages' | 'files';
}

/** One distribution. */
export interface Adapter {
  readonly name: AdapterName;
  /** The closure of these packages, in the order of their names, from a verified index. @throws NexusError with the chain of reasons */
  resolve(request: ResolveRequest): Promise<readonly PackageRecord[]>;
  /** The sealed tree of a package, from the cache, the store or the mirror. */
  unpack(pinned: PinnedPackage, repository: Repository, options?: NipOptions): Promise<FileTree>;
}

export interface ResolveRequest extends NipOptions {
  readonly repository: Repository;
  readonly architecture: Architecture;
  /** Names of packages, each with what else they need. */
  readonly packages: readonly string[];
  /** Seconds since 1970: what an index's dates are compared with. */
  readonly nowSeconds: number;
}
