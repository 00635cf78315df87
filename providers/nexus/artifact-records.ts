/** What the ledger hears of a build: each cell and each image by its CID, with what it was made from. */
import type { Cid } from '../../model';
import { type BuiltCell, type BuiltImage, type BuiltLinuxCell, sourceDigestOf } from '../factory';
import type { Client } from './client';

export function recordCell(built: BuiltCell, { record }: Client): Promise<Cid> {
  const { name, variantCid: cid, sizeBytes, sourceDigest: source, compiler: toolchain } = built;
  return record('artifact', { kind: 'cell', name, cid, sizeBytes, source, toolchain });
}

/** The packages that went in stand for the source; nip, which decides what stays, for the compiler. */
export function recordLinuxCell(built: BuiltLinuxCell, { record }: Client): Promise<Cid> {
  const { name, variantCid: cid, sizeBytes } = built;
  return record('artifact', {
    kind: 'cell',
    name,
    cid,
    sizeBytes,
    source: sourceDigestOf(built),
    toolchain: 'nip-1',
  });
}

export function recordImage(built: BuiltImage, { record }: Client): Promise<Cid> {
  const { name, imageCid: cid, sizeBytes, kernelDigest: source, compiler: toolchain, cells } = built;
  return record('artifact', { kind: 'image', name, cid, sizeBytes, source, toolchain, cells });
}
