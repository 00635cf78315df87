/**
 * The files of an apk v2: its third gzip member, whose SHA-256 stands in the signed `.PKGINFO`. Scripts stand before it
 * and are never looked at.
 */
import { createHash } from 'node:crypto';
import type { Cid } from '../../../model';
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import type { Bytes } from '../archive/bytes';
import { decompress } from '../archive/decompress';
import { badArchive } from '../archive/failure';
import { readTar } from '../archive/tar';
import { type SealedTree, sealArchive } from '../seal';
import { headSizeBytesMax } from './segments';
import { type PackageHead, readPackageHead } from './verify';

/** @throws NexusError as `sealArchive` and `bad-archive` */
export async function unpackApk(
  cid: Cid,
  name: string,
  store: BlockStore,
  { signal }: NipOptions = {},
): Promise<SealedTree> {
  const head = await readHead(cid, name, store);
  const hash = createHash('sha256');
  const entries = readTar(decompress(hashed(skip(store.getStream(cid), head.dataOffset), hash), name), name);
  const sealed = await sealArchive(entries, { name, store, signal });
  const [wanted] = head.info.get('datahash') ?? [];
  const current = hash.digest('hex');
  if (wanted === current) return sealed;
  throw badArchive(
    name,
    `its files have SHA-256 ${current}, expected the ${wanted ?? 'one that is missing'} of .PKGINFO`,
  );
}

/** What stands before the files. @throws NexusError `bad-archive` */
export async function readHead(cid: Cid, name: string, store: BlockStore): Promise<PackageHead> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of store.getStream(cid)) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes >= headSizeBytesMax) break;
  }
  return readPackageHead(new Uint8Array(Buffer.concat(parts)), name);
}

async function* skip(source: Bytes, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let left = sizeBytes;
  for await (const part of source) {
    if (left < part.length) yield part.subarray(left);
    left = Math.max(0, left - part.length);
  }
}

async function* hashed(
  source: Bytes,
  hash: { update(piece: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    hash.update(part);
    yield part;
  }
}
