/**
 * The NetBSD adapter: the sets of a release. Trust begins with the security officer's OpenPGP keyring and goes the
 * release's list of hashes, clear-signed → set, by its SHA-512. There is nothing to resolve: a set needs no other.
 *
 *     MIRROR/security/hashes/NetBSD-10.1_hashes.asc
 *         SHA512 (NetBSD-10.1/amd64/binary/sets/base.tar.xz) = …
 *     MIRROR/NetBSD-10.1/amd64/binary/sets/base.tar.xz
 *
 * The `SHA512` beside the sets says the same and is signed by nobody, so it is not asked.
 */
import type { Architecture, PinnedPackage } from '../../../model';
import type { BlockStore } from '../../store';
import type { Adapter, NipOptions, PackageRecord, RepositoryAt, ResolveRequest } from '../adapter';
import { Mirror, type UnpinnedFile } from '../mirror';
import { parseDigestList, pinSets, setSizeBytesMax } from '../sets/packages';
import { unpackSet } from '../sets/unpack';
import { missingKey } from '../signature/failure';
import { verifyClearSigned } from '../signature/openpgp';
import type { FileTree } from '../tree';

const listSizeBytesMax = 16 * 1024 * 1024;
const ports: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  riscv64: 'riscv-riscv64',
  aarch64: 'evbarm-aarch64',
};

export class NetBsdAdapter implements Adapter {
  readonly name = 'netbsd';

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
    if (keys.length === 0) throw missingKey('netbsd', '/usr/share/keyrings/netbsd.gpg');
    const path = `security/hashes/NetBSD-${suite}_hashes.asc`;
    const signed = await new Mirror(mirror, this.store).read(path, listSizeBytesMax, options);
    const text = await verifyClearSigned(signed, keys, path, options.signal);
    return setsOf(parseDigestList(text, 'SHA512'), `NetBSD-${suite}/${ports[architecture]}/binary/sets/`);
  }
}

function setsOf(digests: ReadonlyMap<string, string>, folder: string): ReadonlyMap<string, UnpinnedFile> {
  return new Map(
    [...digests].flatMap(([path, hex]) => {
      const [, name] =
        /^([a-z0-9-]+)\.(?:tgz|tar\.xz)$/.exec(path.startsWith(folder) ? path.slice(folder.length) : '') ??
        [];
      if (name === undefined) return [];
      return [[name, { path, sizeBytesMax: setSizeBytesMax, digest: { algorithm: 'sha512', hex } }] as const];
    }),
  );
}
