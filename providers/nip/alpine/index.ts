/**
 * The Alpine adapter: apk v2. Trust begins with the keys that the repository names and goes APKINDEX → control part →
 * files. An index says a package's size and the SHA-1 of its control part, and not its SHA-256, so a closure is fetched
 * when it is resolved: each package is checked (its identity, and its own signature by one of the keys) and then pinned.
 *
 *     MIRROR/SUITE/COMPONENT/ARCHITECTURE/APKINDEX.tar.gz
 *     MIRROR/SUITE/COMPONENT/ARCHITECTURE/NAME-VERSION.apk
 */
import { createHash } from 'node:crypto';
import { NexusError, type PinnedPackage } from '../../../model';
import type { BlockStore } from '../../store';
import type { Adapter, NipOptions, PackageRecord, RepositoryAt, ResolveRequest } from '../adapter';
import { ApkIndex, type ApkPackage } from '../apk/packages';
import { pinAll } from '../apk/pin';
import { resolveApks } from '../apk/resolve';
import { badArchive } from '../archive/failure';
import { Mirror } from '../mirror';
import { missingKey } from '../signature/failure';
import { type NamedKey, readPublicKeys } from '../signature/pem';
import type { FileTree } from '../tree';
import { parseApkIndex } from './packages';
import { readGzipMember, readSmallTar } from './segments';
import { readHead, unpackApk } from './unpack';
import { checkRsaSignature, isIdentity } from './verify';

const indexSizeBytesMax = 32 * 1024 * 1024;

export class AlpineAdapter implements Adapter {
  readonly name = 'alpine';

  constructor(private readonly store: BlockStore) {}

  async resolve(request: ResolveRequest): Promise<readonly PackageRecord[]> {
    const { repository, architecture, packages } = request;
    const keys = await readKeys(repository);
    const index = await this.#readIndex(request, keys);
    const closure = resolveApks(index, packages, `${repository.suite} (${architecture})`);
    const mirror = new Mirror(repository.mirror, this.store);
    return pinAll(closure, mirror, (found, cid) => this.#check(found, cid, keys), request);
  }

  async unpack(pinned: PinnedPackage, repository: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    const cid = await new Mirror(repository.mirror, this.store).fetch(pinned, options);
    const { tree } = await unpackApk(cid, pinned.path, this.store, options);
    return tree;
  }

  async #readIndex(
    { repository, architecture, ...options }: ResolveRequest,
    keys: readonly NamedKey[],
  ): Promise<ApkIndex> {
    const index = new ApkIndex();
    for (const component of componentsOf(repository)) {
      const folder = `${repository.suite}/${component}/${architecture}`;
      const path = `${folder}/APKINDEX.tar.gz`;
      const bytes = await new Mirror(repository.mirror, this.store).read(path, indexSizeBytesMax, options);
      for (const each of parseApkIndex(await readSignedIndex(bytes, keys, path), architecture, folder))
        index.add(each);
    }
    return index;
  }

  async #check(
    found: ApkPackage,
    cid: Parameters<typeof readHead>[0],
    keys: readonly NamedKey[],
  ): Promise<void> {
    const head = await readHead(cid, found.path, this.store);
    if (!isIdentity(head.control, found.identity))
      throw new NexusError(
        'wrong-digest',
        `Cannot use "${found.path}": its control part is not the one that the index names`,
        {
          hint: 'The mirror is broken, changing just now, or hostile: try again later, or name another.',
        },
      );
    await checkRsaSignature(head.signature, head.control.bytes, keys, found.path);
    const [wanted] = head.info.get('datahash') ?? [];
    const hash = createHash('sha256');
    let at = 0;
    for await (const part of this.store.getStream(cid)) {
      hash.update(part.subarray(Math.max(0, Math.min(part.length, head.dataOffset - at))));
      at += part.length;
    }
    if (hash.digest('hex') !== wanted)
      throw badArchive(found.path, 'its files are not those that its .PKGINFO names');
  }
}

async function readKeys({ keys }: RepositoryAt): Promise<readonly NamedKey[]> {
  if (keys.length === 0)
    throw missingKey('alpine', '/etc/apk/keys/alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub');
  return readPublicKeys(keys);
}

function componentsOf({ components }: RepositoryAt): readonly string[] {
  return components.length === 0 ? ['main'] : components;
}

/** The text of `APKINDEX`, once its signature holds. @throws NexusError `bad-signature`, `bad-archive` */
export async function readSignedIndex(
  bytes: Uint8Array,
  keys: readonly NamedKey[],
  name: string,
): Promise<string> {
  const signature = readGzipMember(bytes, name);
  const signed = bytes.subarray(signature.bytes.length);
  await checkRsaSignature(signature, signed, keys, name);
  const files = await readSmallTar(readGzipMember(signed, name).content, name);
  const index = files.find(({ path }) => path === 'APKINDEX');
  if (index === undefined) throw badArchive(name, 'no APKINDEX in it');
  return Buffer.from(index.content).toString('utf8');
}
