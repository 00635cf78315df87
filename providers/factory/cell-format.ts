/**
 * A cell as it stands in an image, and in its .npk. Little-endian; the kernel's side is kernel/cell.c.
 *
 *     0 "RUMPCELL"  8 u32 version 1  12 u32 totalSizeBytes, a multiple of 16  16 u32 textSizeBytes
 *     20 u32 dataSizeBytes  24 u32 bssSizeBytes  28 u32 entry, from the cell's base  32 u32 stackSizeBytes
 *     36 u32 pledgeMask  40 name, 32 bytes with NULs  72 8 bytes 0  80 text and constants, then data, then zeros
 */
import { NexusError, namePattern, pledgesOfMask, quote } from '../../model';

/** What the kernel takes; kernel/param.h and kernel/memlayout.h say the same. */
export const rumpkLimits = {
  cells: 8,
  imageSizeBytes: 0x80000,
  cellStackBytes: 65536,
  cellMemoryBytes: 8 << 20,
} as const;

export interface CellParts {
  readonly name: string;
  /** Text and constants, mapped read and execute. */
  readonly text: Uint8Array;
  /** Initialised variables, mapped read and write. */
  readonly data: Uint8Array;
  /** Variables that start as zeros, behind the data. */
  readonly bssSizeBytes: number;
  /** Offset of the first instruction in the text. */
  readonly entry: number;
  readonly stackSizeBytes: number;
  readonly pledgeMask: number;
}

const magic = 'RUMPCELL';
const version = 1;
const nameSizeBytes = 32;
export const cellHeaderSizeBytes = 80;

/** Inverse of {@link parseCell}. @throws NexusError `bad-cell` */
export function formatCell(cell: CellParts): Uint8Array {
  checkCellParts(cell);
  const contentSizeBytes = cell.text.length + cell.data.length;
  const bytes = Buffer.alloc(roundUp16(cellHeaderSizeBytes + contentSizeBytes));
  bytes.write(magic, 0, 'latin1');
  const numbers = [
    version,
    bytes.length,
    cell.text.length,
    cell.data.length,
    cell.bssSizeBytes,
    cell.entry,
    cell.stackSizeBytes,
    cell.pledgeMask,
  ];
  numbers.forEach((number, index) => {
    bytes.writeUInt32LE(number, 8 + 4 * index);
  });
  bytes.write(cell.name, 40, 'latin1');
  bytes.set(cell.text, cellHeaderSizeBytes);
  bytes.set(cell.data, cellHeaderSizeBytes + cell.text.length);
  return new Uint8Array(bytes);
}

/** Inverse of {@link formatCell}; takes exactly what it writes. @throws NexusError `bad-cell` */
export function parseCell(bytes: Uint8Array): CellParts {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const totalSizeBytes = cellSizeAt(view, 0);
  const [textSizeBytes, dataSizeBytes] = [view.readUInt32LE(16), view.readUInt32LE(20)];
  if (totalSizeBytes !== bytes.length) throw badCell(`${bytes.length} bytes, expected ${totalSizeBytes}`);
  const dataAt = cellHeaderSizeBytes + textSizeBytes;
  if (dataAt + dataSizeBytes > totalSizeBytes) throw badCell('text and data past its end');
  const cell: CellParts = {
    name: view.toString('latin1', 40, 40 + nameSizeBytes).replace(/\0+$/, ''),
    text: bytes.slice(cellHeaderSizeBytes, dataAt),
    data: bytes.slice(dataAt, dataAt + dataSizeBytes),
    bssSizeBytes: view.readUInt32LE(24),
    entry: view.readUInt32LE(28),
    stackSizeBytes: view.readUInt32LE(32),
    pledgeMask: view.readUInt32LE(36),
  };
  if (Buffer.compare(formatCell(cell), bytes) !== 0) throw badCell('bytes that should be zero are not');
  return cell;
}

/** The size that the cell at an offset says it has, once it is known to be a cell. @throws NexusError `bad-cell` */
export function cellSizeAt(view: Buffer, at: number): number {
  if (at + cellHeaderSizeBytes > view.length) throw badCell('cut off');
  if (view.toString('latin1', at, at + magic.length) !== magic) throw badCell(`no "${magic}" at its start`);
  if (view.readUInt32LE(at + 8) !== version)
    throw badCell(`version ${view.readUInt32LE(at + 8)}, expected ${version}`);
  return view.readUInt32LE(at + 12);
}

function checkCellParts(cell: CellParts): void {
  const { cellMemoryBytes, cellStackBytes } = rumpkLimits;
  const memoryBytes = cell.text.length + cell.data.length + cell.bssSizeBytes;
  if (!namePattern.test(cell.name)) throw badCell(`name ${quote(cell.name)}`);
  if (memoryBytes > cellMemoryBytes)
    throw badCell(`${memoryBytes} bytes of text and variables, expected at most ${cellMemoryBytes}`);
  if (cell.entry >= cell.text.length) throw badCell('its first instruction is not in its text');
  if (cell.stackSizeBytes < 1 || cell.stackSizeBytes > cellStackBytes)
    throw badCell(`${cell.stackSizeBytes} bytes of stack, expected 1 to ${cellStackBytes}`);
  pledgesOfMask(cell.pledgeMask);
}

export function roundUp16(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 16) * 16;
}

function badCell(reason: string): NexusError {
  return new NexusError('bad-cell', `Cannot use a cell: ${reason}`, {
    hint: 'Build the cell again with this version.',
  });
}
