/**
 * The Debian adapter. Trust begins with the distribution's keyring and goes InRelease → Packages → .deb, each by the
 * SHA-256 that the one before has signed for.
 */

import { dirname } from 'node:path/posix';
import { type Cid, NexusError, type PinnedPackage } from '../../../model';
import type { BlockStore } from '../../store';
import type { Adapter, NipOptions, PackageRecord, RepositoryAt, ResolveRequest } from '../adapter';
import { decompress } from '../archive/decompress';
import { Mirror, type PinnedFile } from '../mirror';
import { verifyClearSigned } from '../signature/openpgp';
import type { FileTree } from '../tree';
import { debianArchitectures, PackageIndex, parsePackages } from './packages';
import { badIndex, checkRelease, parseRelease, type Release, releaseSizeBytesMax } from './release';
import { resolveClosure } from './resolve';
import { unpackDeb } from './unpack';

export { debianMirror } from './machine';

/** Where Debian's own package puts the keys. */
export const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

export class DebianAdapter implements Adapter {
  readonly name = 'debian';

  /** Indexes that were read already: a system asks once for each of its cells. */
  readonly #indexes = new Map<string, Promise<PackageIndex>>();

  constructor(private readonly store: BlockStore) {}

  async resolve(request: ResolveRequest): Promise<readonly PackageRecord[]> {
    const { repository, packages } = request;
    const key = JSON.stringify([repository, request.architecture]);
    const known = this.#indexes.get(key) ?? this.readIndex(request);
    this.#indexes.set(key, known);
    const index = await known;
    return resolveClosure(index, packages, `${repository.suite} (${request.architecture})`);
  }

  async unpack(pinned: PinnedPackage, repository: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    const cid = await new Mirror(repository.mirror, this.store).fetch(pinned, options);
    const { tree } = await unpackDeb(this.store.getStream(cid), pinned.path, this.store, options);
    return tree;
  }

  /** Every package of the suite's components. @throws NexusError `bad-signature`, `expired-index`, `bad-index`, `wrong-digest`, `mirror-failed` */
  async readIndex({
    repository,
    architecture,
    nowSeconds,
    ...options
  }: Omit<ResolveRequest, 'packages'>): Promise<PackageIndex> {
    const mirror = new Mirror(repository.mirror, this.store);
    const release = await this.#readRelease(mirror, repository, nowSeconds, options);
    const index = new PackageIndex();
    const components = repository.components.length === 0 ? ['main'] : repository.components;
    for (const component of components) {
      const path = `${component}/binary-${debianArchitectures[architecture]}/Packages`;
      for (const each of parsePackages(
        await this.#readList(mirror, repository.suite, release, path, options),
        architecture,
      ))
        index.add(each);
    }
    return index;
  }

  async #readRelease(
    mirror: Mirror,
    { suite, keys }: RepositoryAt,
    nowSeconds: number,
    options: NipOptions,
  ): Promise<Release> {
    const signed = await mirror.read(`dists/${suite}/InRelease`, releaseSizeBytesMax, options);
    const keyrings = keys.length === 0 ? [debianKeyring] : keys;
    const text = await verifyClearSigned(signed, keyrings, `dists/${suite}/InRelease`, options.signal);
    const release = parseRelease(text, suite);
    checkRelease(release, suite, text, nowSeconds);
    return release;
  }

  async #readList(
    mirror: Mirror,
    suite: string,
    release: Release,
    path: string,
    options: NipOptions,
  ): Promise<string> {
    const file = [`${path}.xz`, `${path}.gz`, path]
      .map((each) => release.files.get(each))
      .find((each) => each !== undefined);
    if (file === undefined) throw badIndex(suite, `it lists no "${path}"`);
    const cid = await this.#fetchIndex(mirror, suite, { file, isByHash: release.isByHash }, options);
    const parts: Uint8Array[] = [];
    for await (const part of decompress(this.store.getStream(cid), file.path)) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  }

  /** By its digest where the mirror has it so, which a mirror in change does not always; else by its name. */
  async #fetchIndex(
    mirror: Mirror,
    suite: string,
    { file, isByHash }: { readonly file: PinnedFile; readonly isByHash: boolean },
    options: NipOptions,
  ): Promise<Cid> {
    const path = `dists/${suite}/${file.path}`;
    const byName = (): Promise<Cid> => mirror.fetch({ ...file, path }, options);
    if (!isByHash) return byName();
    const byHash = `${dirname(path)}/by-hash/SHA256/${file.sha256}`;
    return mirror.fetch({ ...file, path: byHash }, options).catch((error: unknown) => {
      if (error instanceof NexusError && error.code === 'mirror-failed') return byName();
      throw error;
    });
  }
}
