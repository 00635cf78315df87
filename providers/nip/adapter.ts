/**
 * What every adapter is. A distribution's adapter knows its index, its signatures and its archive format, and nothing of
 * cells and images; who has read one adapter has read them all. A folder an adapter, and in it, as far as it has them:
 *
 *     index.ts      the folder's exports           metadata.ts   one package's own words about itself
 *     verify.ts     whose signature covers what    fetch.ts      bytes by digest, from a mirror or the cache
 *     resolve.ts    what must come along           unpack.ts     an archive's entries, to be sealed (seal.ts)
 *     packages.ts   the index as typed values
 */
import type { AdapterName, Architecture, PinnedPackage, Repository } from '../../model';
import type { FileTree } from './tree';

/** What an index says of a package beyond its pin. */
export interface PackageRecord extends PinnedPackage {
  readonly summary: string;
  /** In bytes, when unpacked; undefined where the index does not say. */
  readonly installedSizeBytes: number | undefined;
  readonly homepage: string | undefined;
  readonly section: string | undefined;
  readonly license: string | undefined;
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

/** A repository whose mirror is known. */
export type RepositoryAt = Repository & { readonly mirror: string };

/** One distribution. */
export interface Adapter {
  readonly name: AdapterName;
  /** The closure of these packages, in the order of their names, from a verified index. @throws NexusError with the chain of reasons */
  resolve(request: ResolveRequest): Promise<readonly PackageRecord[]>;
  /** The sealed tree of a package, from the cache, the store or the mirror. */
  unpack(pinned: PinnedPackage, repository: RepositoryAt, options?: NipOptions): Promise<FileTree>;
}

export interface ResolveRequest extends NipOptions {
  readonly repository: RepositoryAt;
  readonly architecture: Architecture;
  /** Names of packages, each with what else they need. */
  readonly packages: readonly string[];
  /** Seconds since 1970: what an index's dates are compared with. */
  readonly nowSeconds: number;
}
