/**
 * The OCI adapter: images of a registry or of a layout on disk. A package is an image's name, the suite its tag. Nobody has
 * signed an image: what vouches for it is the digest of its manifest, which the lock pins when it is first resolved, and
 * every blob is named by its own.
 */
import { NexusError, type PinnedPackage } from '../../../model';
import type { BlockStore } from '../../store';
import type { Adapter, NipOptions, PackageRecord, RepositoryAt, ResolveRequest } from '../adapter';
import type { FileTree } from '../tree';
import { type Descriptor, parseManifest } from './manifest';
import { Registry } from './registry';
import { mergeLayers, unpackLayer } from './unpack';

export class OciAdapter implements Adapter {
  readonly name = 'oci';

  constructor(private readonly store: BlockStore) {}

  async resolve({
    repository,
    architecture,
    packages,
    ...options
  }: ResolveRequest): Promise<readonly PackageRecord[]> {
    const { suite, keys, mirror } = repository;
    if (keys.length > 0)
      throw new NexusError(
        'bad-repository',
        `Cannot use key "${keys[0]}": images carry no signature that is checked, expected none`,
        {
          hint: 'Leave the key out; the lock pins each image by its digest.',
        },
      );
    const registry = new Registry(mirror, this.store);
    const records: PackageRecord[] = [];
    for (const name of [...new Set(packages)].sort()) {
      const file = await registry.findManifest(name, suite, architecture, options);
      const layers = await this.#readLayers(registry, file, name, options);
      records.push({
        ...{ adapter: this.name, name, version: suite, architecture, ...file },
        ...{
          summary: `Image of ${layers.length} layers`,
          installedSizeBytes: undefined,
          homepage: undefined,
        },
        ...{ section: undefined, license: undefined },
      });
    }
    return records;
  }

  async unpack(pinned: PinnedPackage, { mirror }: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    const registry = new Registry(mirror, this.store);
    const layers = [];
    for (const layer of await this.#readLayers(registry, pinned, pinned.name, options)) {
      const file = registry.blobFile(pinned.name, layer);
      const cid = await registry.fetch(file, options);
      layers.push(await unpackLayer(this.store.getStream(cid), file.path, this.store, options));
    }
    return mergeLayers(layers, pinned.name);
  }

  async #readLayers(
    registry: Registry,
    manifest: Pick<PinnedPackage, 'path' | 'sha256' | 'sizeBytes'>,
    name: string,
    options: NipOptions,
  ): Promise<readonly Descriptor[]> {
    return parseManifest(await this.store.get(await registry.fetch(manifest, options)), name);
  }
}
