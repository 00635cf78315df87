/**
 * Where a system's packages come from: one adapter for each repository. A mirror is asked for only when a package is not
 * in the store: what was built once can be built again without any network.
 */
import { resolve } from 'node:path';
import {
  type AdapterName,
  type Architecture,
  type LinuxSystem,
  NexusError,
  type PinnedPackage,
  type Repository,
} from '../../../model';
import {
  type Adapter,
  cidOfSha256,
  createAdapter,
  debianMirror,
  type FileTree,
  type NipOptions,
  type PackageRecord,
} from '../../nip';
import type { BlockStore } from '../../store';

export interface OriginsOptions {
  readonly system: LinuxSystem;
  /** What relative paths of mirrors and keys are relative to. */
  readonly baseFolder: string;
  readonly store: BlockStore;
}

export class Origins {
  readonly #adapters = new Map<AdapterName, Adapter>();

  constructor(private readonly options: OriginsOptions) {}

  /** What must come along with some packages of one repository. @throws NexusError of the adapter */
  async resolve(
    name: AdapterName,
    packages: readonly string[],
    architecture: Architecture,
    options: NipOptions & { readonly nowSeconds: number },
  ): Promise<readonly PackageRecord[]> {
    const repository = await this.#at(this.#repository(name));
    return this.#adapter(name).resolve({ ...options, repository, architecture, packages });
  }

  /** The tree of a pinned package. @throws NexusError of the adapter */
  async unpack(pinned: PinnedPackage, options: NipOptions): Promise<FileTree> {
    const repository = this.#repository(pinned.adapter);
    const isHere = await this.options.store.has(cidOfSha256(pinned.sha256));
    const at = isHere ? { ...repository, mirror: repository.mirror ?? '.' } : await this.#at(repository);
    return this.#adapter(pinned.adapter).unpack(pinned, at, options);
  }

  #adapter(name: AdapterName): Adapter {
    const known = this.#adapters.get(name) ?? createAdapter(name, this.options.store);
    this.#adapters.set(name, known);
    return known;
  }

  #repository(name: AdapterName): Repository {
    const found = this.options.system.repositories.find(({ adapter }) => adapter === name);
    if (found !== undefined) return found;
    throw new NexusError(
      'no-repository',
      `Cannot fetch packages of "${name}": system "${this.options.system.name}" has no such repository`,
      { hint: 'The lock is of another system.kdl: write it again with `nexus update`.' },
    );
  }

  async #at(repository: Repository): Promise<Repository & { readonly mirror: string }> {
    const { baseFolder } = this.options;
    const keys = repository.keys.map((key) => resolve(baseFolder, key));
    const mirror = repository.mirror ?? (await machineMirror(repository.adapter));
    return { ...repository, keys, mirror: /^https?:/.test(mirror) ? mirror : resolve(baseFolder, mirror) };
  }
}

function machineMirror(name: AdapterName): Promise<string> {
  if (name === 'debian') return debianMirror();
  throw new NexusError('no-mirror', `Cannot find a mirror of "${name}": the repository names none`, {
    hint: `Write \`repository "${name}" suite="…" mirror="https://…"\`.`,
  });
}
