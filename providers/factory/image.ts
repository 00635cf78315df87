/**
 * A bootable image: the kernel, then its cells. Little-endian; the kernel's side is kernel/entry.S and kernel/image.c.
 *
 *     0  Linux RISC-V Image header, with "RISCV" at 48
 *     64 "RUMPKIMG"  72 u32 format 1  76 u32 kernelSizeBytes  80 u32 imageSizeBytes  84 u32 cellCount  88 u64 0
 *     96 code and constants, up to kernelSizeBytes, a multiple of 16; then the cells (cell-format.ts)
 *
 * A kernel alone is an image without cells. The image's CID and measured digest are those of its bytes.
 */
import { NexusError } from '../../model';
import { type CellParts, cellSizeAt, parseCell, rumpkLimits } from './cell-format';

export interface ImageCell extends CellParts {
  /** The cell as it stands in the image. */
  readonly bytes: Uint8Array;
}

export interface Image {
  /** As {@link assembleImage} takes it: an image without cells. */
  readonly kernel: Uint8Array;
  readonly cells: readonly ImageCell[];
}

const magic = 'RUMPKIMG';
const format = 1;
const headerSizeBytes = 96;
const field = { format: 72, kernelSizeBytes: 76, imageSizeBytes: 80, cellCount: 84 } as const;

/** Puts cells behind a kernel. Inverse of {@link parseImage}. @throws NexusError `bad-image`, `bad-cell` */
export function assembleImage(kernel: Uint8Array, cells: readonly Uint8Array[]): Uint8Array {
  checkKernel(kernel);
  checkNames(cells.map((cell) => parseCell(cell).name));
  const bytes = Buffer.concat([kernel, ...cells]);
  if (bytes.length > rumpkLimits.imageSizeBytes)
    throw badImage(`${bytes.length} bytes, expected at most ${rumpkLimits.imageSizeBytes}`);
  return withHeader(bytes, cells.length);
}

/** Takes an image apart; its bytes are not trusted. Inverse of {@link assembleImage}. @throws NexusError as it */
export function parseImage(bytes: Uint8Array): Image {
  const view = checkHeader(bytes);
  const kernelSizeBytes = view.readUInt32LE(field.kernelSizeBytes);
  const cells: ImageCell[] = [];
  let at = kernelSizeBytes;
  while (at < bytes.length) {
    const sizeBytes = cellSizeAt(view, at);
    const cell = bytes.slice(at, at + sizeBytes);
    cells.push({ ...parseCell(cell), bytes: cell });
    at += sizeBytes;
  }
  const cellCount = view.readUInt32LE(field.cellCount);
  if (cells.length !== cellCount) throw badImage(`${cells.length} cells, expected ${cellCount}`);
  checkNames(cells.map(({ name }) => name));
  return { kernel: withHeader(Buffer.from(bytes.slice(0, kernelSizeBytes)), 0), cells };
}

/** @returns the bytes, when they are an image without cells. @throws NexusError `bad-image` */
export function checkKernel(bytes: Uint8Array): Uint8Array {
  const view = checkHeader(bytes);
  const [kernelSizeBytes, cellCount] = [
    view.readUInt32LE(field.kernelSizeBytes),
    view.readUInt32LE(field.cellCount),
  ];
  if (kernelSizeBytes === bytes.length && cellCount === 0) return bytes;
  throw badImage(`a kernel of ${kernelSizeBytes} bytes and ${cellCount} cells, expected a kernel alone`);
}

function checkHeader(bytes: Uint8Array): Buffer {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < headerSizeBytes || bytes.length > rumpkLimits.imageSizeBytes)
    throw badImage(`${bytes.length} bytes, expected ${headerSizeBytes} to ${rumpkLimits.imageSizeBytes}`);
  if (view.toString('latin1', 64, 64 + magic.length) !== magic) throw badImage(`no "${magic}" at byte 64`);
  if (view.readUInt32LE(field.format) !== format)
    throw badImage(`format ${view.readUInt32LE(field.format)}, expected ${format}`);
  const [kernelSizeBytes, imageSizeBytes] = [
    view.readUInt32LE(field.kernelSizeBytes),
    view.readUInt32LE(field.imageSizeBytes),
  ];
  if (imageSizeBytes !== bytes.length) throw badImage(`${bytes.length} bytes, expected ${imageSizeBytes}`);
  if (kernelSizeBytes < headerSizeBytes || kernelSizeBytes > imageSizeBytes || kernelSizeBytes % 16 !== 0)
    throw badImage(`a kernel of ${kernelSizeBytes} bytes in an image of ${imageSizeBytes}`);
  return view;
}

function checkNames(names: readonly string[]): void {
  if (names.length > rumpkLimits.cells)
    throw badImage(`${names.length} cells, expected at most ${rumpkLimits.cells}`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw badImage(`two cells are called "${twice}"`);
}

function withHeader(bytes: Buffer, cellCount: number): Uint8Array {
  bytes.writeUInt32LE(bytes.length, field.imageSizeBytes);
  bytes.writeUInt32LE(cellCount, field.cellCount);
  return new Uint8Array(bytes);
}

function badImage(reason: string): NexusError {
  return new NexusError('bad-image', `Cannot use an image: ${reason}`, {
    hint: 'Build the image again with this version.',
  });
}
