/** A BSD set: a tar of part of the root, compressed by gzip or xz; `etc/mtree` and the like are files as any other. */
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import type { Bytes } from '../archive/bytes';
import { decompress } from '../archive/decompress';
import { readTar } from '../archive/tar';
import { type SealedTree, sealArchive } from '../seal';

/** @throws NexusError as `sealArchive` and `bad-archive` */
export async function unpackSet(
  bytes: Bytes,
  name: string,
  store: BlockStore,
  { signal }: NipOptions = {},
): Promise<SealedTree> {
  return sealArchive(readTar(decompress(bytes, name), name), { name, store, signal });
}
