/**
 * The Chimera adapter: apk v3. Trust begins with the keys that the repository names and goes index → a package's ADB
 * block, by its SHA-256 → contents of files, by theirs. An index does not say a package file's own SHA-256, so a closure is
 * fetched when it is resolved, checked and then pinned.
 *
 *     MIRROR/SUITE/COMPONENT/ARCHITECTURE/Packages.adb      before apk 3.0: APKINDEX.tar.gz, with the same content
 *     MIRROR/SUITE/COMPONENT/ARCHITECTURE/NAME-VERSION.apk
 */
import { createHash } from 'node:crypto';
import { type Cid, NexusError, type PinnedPackage } from '../../../model';
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
import { type Block, blockKind, readBlocks, readWhole } from './blocks';
import { parseAdbIndex } from './packages';
import { adbSizeBytesMax, unpackApk3 } from './unpack';
import { checkAdbSignatures } from './verify';

const indexSizeBytesMax = 64 * 1024 * 1024;

export class ChimeraAdapter implements Adapter {
  readonly name = 'chimera';

  constructor(private readonly store: BlockStore) {}

  async resolve(request: ResolveRequest): Promise<readonly PackageRecord[]> {
    const { repository, architecture, packages } = request;
    const index = await this.#readIndex(request);
    const closure = resolveApks(index, packages, `${repository.suite} (${architecture})`);
    const mirror = new Mirror(repository.mirror, this.store);
    return pinAll(closure, mirror, (found, cid) => this.#check(found, cid), request);
  }

  async unpack(pinned: PinnedPackage, repository: RepositoryAt, options: NipOptions = {}): Promise<FileTree> {
    const cid = await new Mirror(repository.mirror, this.store).fetch(pinned, options);
    const { tree } = await unpackApk3(this.store.getStream(cid), pinned.path, this.store, options);
    return tree;
  }

  async #readIndex({ repository, architecture, ...options }: ResolveRequest): Promise<ApkIndex> {
    const { suite, components, keys: files } = repository;
    if (files.length === 0) throw missingKey('chimera', '/etc/apk/keys/chimera.pub');
    const keys = await readPublicKeys(files);
    const mirror = new Mirror(repository.mirror, this.store);
    const index = new ApkIndex();
    for (const component of components.length === 0 ? ['main'] : components) {
      const folder = `${suite}/${component}/${architecture}`;
      const { bytes, path } = await readIndexFile(mirror, folder, options);
      for (const each of parseAdbIndex(await readSignedAdb(bytes, keys, path), architecture, folder, path))
        index.add(each);
    }
    return index;
  }

  async #check(found: ApkPackage, cid: Cid): Promise<void> {
    const adb = await readFirst(readBlocks(this.store.getStream(cid), 'pckg', found.path), found.path);
    if (createHash('sha256').update(adb).digest().equals(found.identity)) return;
    throw new NexusError(
      'wrong-digest',
      `Cannot use "${found.path}": its ADB block is not the one that the index names`,
      {
        hint: 'The mirror is broken, changing just now, or hostile: try again later, or name another.',
      },
    );
  }
}

async function readIndexFile(mirror: Mirror, folder: string, options: NipOptions) {
  const read = async (path: string) => ({ bytes: await mirror.read(path, indexSizeBytesMax, options), path });
  return read(`${folder}/Packages.adb`).catch((error: unknown) => {
    if (error instanceof NexusError && error.code === 'mirror-failed')
      return read(`${folder}/APKINDEX.tar.gz`);
    throw error;
  });
}

async function readFirst(blocks: AsyncGenerator<Block>, name: string): Promise<Uint8Array> {
  try {
    const { value, done } = await blocks.next();
    if (done === true || value.kind !== blockKind.adb)
      throw badArchive(name, 'it does not start with its ADB block');
    return await readWhole(value, adbSizeBytesMax, name);
  } finally {
    await blocks.return(undefined);
  }
}

/** The ADB block of an index, once its signature holds. @throws NexusError `bad-signature`, `bad-archive` */
export async function readSignedAdb(
  bytes: Uint8Array,
  keys: readonly NamedKey[],
  name: string,
): Promise<Uint8Array> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  let adb: Uint8Array | undefined;
  const signatures: Uint8Array[] = [];
  for await (const block of readBlocks(source(), 'indx', name)) {
    if (block.kind === blockKind.adb && adb === undefined)
      adb = await readWhole(block, adbSizeBytesMax, name);
    else if (block.kind === blockKind.signature && signatures.length < 16)
      signatures.push(await readWhole(block, 4096, name));
    else throw badArchive(name, 'a block where none belongs');
  }
  if (adb === undefined) throw badArchive(name, 'no ADB block in it');
  checkAdbSignatures(adb, 'indx', signatures, keys, name);
  return adb;
}
