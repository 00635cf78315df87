/**
 * The OpenBSD adapter: the sets of a release. Trust begins with the release's own key and goes SHA256.sig → set, by its
 * SHA-256. There is nothing to resolve: a set needs no other.
 *
 *     MIRROR/7.6/amd64/SHA256.sig        MIRROR/7.6/amd64/base76.tgz
 */
import type { Architecture, PinnedPackage } from '../../../model';
import type { BlockStore } from '../../store';
import type { Adapter, NipOptions, PackageRecord, RepositoryAt, ResolveRequest } from '../adapter';
import { Mirror, type UnpinnedFile } from '../mirror';
import { parseDigestList, pinSets, setSizeBytesMax } from '../sets/packages';
import { unpackSet } from '../sets/unpack';
import { missingKey } from '../signature/failure';
import { verifySignify } from '../signature/signify';
import type { FileTree } from '../tree';

const listSizeBytesMax = 1024 * 1024;
const architectures: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  riscv64: 'riscv64',
  aarch64: 'arm64',
};

export class OpenBsdAdapter implements Adapter {
  readonly name = 'openbsd';

  constructor(private readonly store: BlockStore) {}

  async resolve(request: ResolveRequest): Promise<readonly PackageRecord[]> {
    const { repository, architecture, packages } = request;
    const sets = await this.#readIndex(request);
    const release = { adapter: this.name, suite: repository.suite, architecture, sets } as const;
    return pinSets(release, packages, new Mirror(repository.mirror, this.store), request);
  }

  async unpack(pinned: PinnedPackage, repository: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    const cid = await new Mirror(repository.mirror, this.store).fetch(pinned, options);
    const { tree } = await unpackSet(this.store.getStream(cid), pinned.path, this.store, options);
    return tree;
  }

  async #readIndex({
    repository,
    architecture,
    ...options
  }: ResolveRequest): Promise<ReadonlyMap<string, UnpinnedFile>> {
    const { mirror, suite, keys } = repository;
    if (keys.length === 0)
      throw missingKey('openbsd', `/etc/signify/openbsd-${suite.replace('.', '')}-base.pub`);
    const folder = `${suite}/${architectures[architecture]}`;
    const path = `${folder}/SHA256.sig`;
    const signed = await new Mirror(mirror, this.store).read(path, listSizeBytesMax, options);
    return setsOf(parseDigestList(await verifySignify(signed, keys, path), 'SHA256'), suite, folder);
  }
}

/** `base76.tgz` is the set `base`. */
function setsOf(
  digests: ReadonlyMap<string, string>,
  suite: string,
  folder: string,
): ReadonlyMap<string, UnpinnedFile> {
  const end = `${suite.replace('.', '')}.tgz`;
  const files = [...digests].filter(([file]) => file.endsWith(end) && /^[a-z]+\d+\.tgz$/.test(file));
  return new Map(
    files.map(([file, hex]) => [
      file.slice(0, -end.length),
      { path: `${folder}/${file}`, sizeBytesMax: setSizeBytesMax, digest: { algorithm: 'sha256', hex } },
    ]),
  );
}
