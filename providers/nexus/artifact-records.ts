/** What the ledger hears of a build: each cell and each image by its CID, with what it was made from. */
import type { Cid } from '../../model';
import type { BuiltCell, BuiltImage } from '../factory';
import type { Client } from './client';

export function recordCell(built: BuiltCell, { record }: Client): Promise<Cid> {
  const { name, variantCid: cid, sizeBytes, sourceDigest: source, compiler: toolchain } = built;
  return record('artifact', { kind: 'cell', name, cid, sizeBytes, source, toolchain });
}

export function recordImage(built: BuiltImage, { record }: Client): Promise<Cid> {
  const { name, imageCid: cid, sizeBytes, kernelDigest: source, compiler: toolchain, cells } = built;
  return record('artifact', { kind: 'image', name, cid, sizeBytes, source, toolchain, cells });
}
