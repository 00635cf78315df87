/**
 * Where an image's blobs are: a registry (distribution-spec 1.1, without a login) or a folder in the image layout of the
 * image-spec. Both give blobs by digest; only names lead to different places.
 *
 *     registry   v2/NAME/manifests/TAG          v2/NAME/manifests/sha256:HEX          v2/NAME/blobs/sha256:HEX
 *     layout     index.json, by annotation      blobs/sha256/HEX                      blobs/sha256/HEX
 */
import { type Architecture, NexusError, quote } from '../../../model';
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import { Mirror, type PinnedFile } from '../mirror';
import {
  choosePlatform,
  type Descriptor,
  isIndex,
  manifestSizeBytesMax,
  mediaTypes,
  parseIndex,
} from './manifest';

export class Registry {
  readonly #mirror: Mirror;
  readonly #isLayout: boolean;

  constructor(
    base: string,
    private readonly store: BlockStore,
  ) {
    this.#isLayout = !/^https?:\/\//.test(base);
    const accept = [...mediaTypes.index, ...mediaTypes.manifest].join(', ');
    this.#mirror = new Mirror(base, store, { headers: { accept } });
  }

  /** The manifest of one image for one processor, in the store. @throws NexusError `unknown-package`, `bad-index`, `mirror-failed`, `wrong-digest` */
  async findManifest(
    name: string,
    tag: string,
    architecture: Architecture,
    options: NipOptions,
  ): Promise<PinnedFile> {
    if (!/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(name) || name.length > 200)
      throw new NexusError(
        'unknown-package',
        `Cannot find image ${quote(name)}: not a name, expected one like "library/alpine"`,
        {
          hint: 'Use lower-case letters, digits and ._-/.',
        },
      );
    if (this.#isLayout) return this.#findInLayout(name, tag, architecture, options);
    const path = `v2/${name}/manifests/${tag}`;
    const pinned = await this.#mirror.pin({ path, sizeBytesMax: manifestSizeBytesMax }, options);
    const bytes = await this.store.get(pinned.cid);
    if (!isIndex(bytes, name)) return this.#manifestFile(name, pinned);
    return this.#manifestFile(name, choosePlatform(parseIndex(bytes, name), architecture, name));
  }

  blobFile(name: string, { sha256, sizeBytes }: Descriptor): PinnedFile {
    return {
      path: this.#isLayout ? `blobs/sha256/${sha256}` : `v2/${name}/blobs/sha256:${sha256}`,
      sha256,
      sizeBytes,
    };
  }

  fetch(file: PinnedFile, options: NipOptions): ReturnType<Mirror['fetch']> {
    return this.#mirror.fetch(file, options);
  }

  async #findInLayout(
    name: string,
    tag: string,
    architecture: Architecture,
    options: NipOptions,
  ): Promise<PinnedFile> {
    const index = parseIndex(await this.#mirror.read('index.json', manifestSizeBytesMax, options), name);
    const wanted = [`${name}:${tag}`, tag];
    const found = index.find((each) =>
      wanted.includes(each.annotations['org.opencontainers.image.ref.name'] ?? ''),
    );
    if (found === undefined)
      throw new NexusError(
        'unknown-package',
        `Cannot find image "${name}:${tag}": not in the layout, expected one of its ${index.length} images`,
        {
          hint: 'Check the annotations `org.opencontainers.image.ref.name` of its index.json.',
        },
      );
    const file = this.blobFile(name, found);
    const bytes = await this.store.get(await this.fetch(checkSize(file, name), options));
    return isIndex(bytes, name)
      ? this.#manifestFile(name, choosePlatform(parseIndex(bytes, name), architecture, name))
      : file;
  }

  #manifestFile(name: string, { sha256, sizeBytes }: Pick<Descriptor, 'sha256' | 'sizeBytes'>): PinnedFile {
    const path = this.#isLayout ? `blobs/sha256/${sha256}` : `v2/${name}/manifests/sha256:${sha256}`;
    return checkSize({ path, sha256, sizeBytes }, name);
  }
}

function checkSize(file: PinnedFile, name: string): PinnedFile {
  if (file.sizeBytes <= manifestSizeBytesMax) return file;
  throw new NexusError(
    'bad-index',
    `Cannot read image ${quote(name)}: a manifest of ${file.sizeBytes} bytes, expected at most ${manifestSizeBytesMax}`,
    {
      hint: 'Check the registry and the tag.',
    },
  );
}
