/** What the ledger hears of a build: each cell and each image by its CID, with what it was made from. */
import { type Cid, digestOfCid } from '../../model';
import {
  type BuiltCell,
  type BuiltImage,
  type BuiltLinuxCell,
  type BuiltLinuxSystem,
  sourceDigestOf,
} from '../factory';
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

/** The kernel that boots stands for the source: it is a package's own file. */
export function recordLinuxImage({ cells, image }: BuiltLinuxSystem, { record }: Client): Promise<Cid> {
  const { name, imageCid: cid, sizeBytes, manifest } = image;
  return record('artifact', {
    kind: 'image',
    name,
    cid,
    sizeBytes,
    source: Buffer.from(digestOfCid(manifest.kernel.part)).toString('hex'),
    toolchain: 'nip-1',
    cells: Object.fromEntries(cells.map((cell) => [cell.name, cell.variantCid])),
  });
}
