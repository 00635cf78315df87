/**
 * What the factory needs of an ELF file: its entry and its loadable segments. 64-bit, little-endian, RISC-V, linked
 * to fixed addresses. System V ABI, chapters 4 and 5; https://github.com/riscv-non-isa/riscv-elf-psabi-doc
 *
 *     0  7f "ELF", class 2, data 1, version 1      16 u16 type 2 (executable)   18 u16 machine 243
 *     24 u64 entry   32 u64 offset of program headers   54 u16 their size (56)   56 u16 their number
 *     program header: 0 u32 type (1: load)  4 u32 flags (1 X, 2 W, 4 R)  8 u64 offset  16 u64 address
 *                     32 u64 bytes in the file  40 u64 bytes in memory
 */
import { NexusError } from '../../model';

export interface ElfSegment {
  readonly address: number;
  readonly isWritable: boolean;
  readonly isExecutable: boolean;
  /** What the file holds of it; the rest up to `memorySizeBytes` is zero. */
  readonly bytes: Uint8Array;
  readonly memorySizeBytes: number;
}

export interface ElfFile {
  readonly entry: number;
  /** Loadable and not empty, in ascending address. */
  readonly segments: readonly ElfSegment[];
}

const limits = { programHeaders: 16, addressMax: 2 ** 48 } as const;
const headerSizeBytes = 64;
const programHeaderSizeBytes = 56;
const loadType = 1;
const flag = { execute: 1, write: 2 } as const;

/** Reads an ELF file from a compiler that may have been told anything. @throws NexusError `bad-elf` */
export function parseElf(bytes: Uint8Array): ElfFile {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  checkHeader(view);
  const segments = programHeaderOffsets(view)
    .filter((at) => view.readUInt32LE(at) === loadType)
    .map((at) => parseSegment(view, at))
    .filter(({ memorySizeBytes }) => memorySizeBytes > 0)
    .sort((left, right) => left.address - right.address);
  checkDisjoint(segments);
  return { entry: readNumber(view, 24, 'entry'), segments };
}

function checkHeader(view: Buffer): void {
  if (view.length < headerSizeBytes)
    throw badElf(`${view.length} bytes, expected at least ${headerSizeBytes}`);
  if (view.toString('latin1', 0, 7) !== '\x7fELF\x02\x01\x01')
    throw badElf('not a 64-bit little-endian ELF file');
  if (view.readUInt16LE(16) !== 2) throw badElf(`type ${view.readUInt16LE(16)}, expected 2 (executable)`);
  if (view.readUInt16LE(18) !== 243) throw badElf(`machine ${view.readUInt16LE(18)}, expected 243 (RISC-V)`);
}

function programHeaderOffsets(view: Buffer): number[] {
  const start = readNumber(view, 32, 'program headers');
  const count = view.readUInt16LE(56);
  if (view.readUInt16LE(54) !== programHeaderSizeBytes || count > limits.programHeaders)
    throw badElf(`${count} program headers of ${view.readUInt16LE(54)} bytes`);
  if (start + count * programHeaderSizeBytes > view.length) throw badElf('program headers past its end');
  return Array.from({ length: count }, (_, index) => start + index * programHeaderSizeBytes);
}

function parseSegment(view: Buffer, at: number): ElfSegment {
  const flags = view.readUInt32LE(at + 4);
  const offset = readNumber(view, at + 8, 'segment offset');
  const address = readNumber(view, at + 16, 'segment address');
  const fileSizeBytes = readNumber(view, at + 32, 'segment size');
  const memorySizeBytes = readNumber(view, at + 40, 'segment size');
  if (offset + fileSizeBytes > view.length) throw badElf('a segment past its end');
  if (fileSizeBytes > memorySizeBytes) throw badElf('a segment larger in the file than in memory');
  return {
    address,
    isWritable: (flags & flag.write) !== 0,
    isExecutable: (flags & flag.execute) !== 0,
    bytes: new Uint8Array(view.subarray(offset, offset + fileSizeBytes)),
    memorySizeBytes,
  };
}

/** Segments are sorted. */
function checkDisjoint(segments: readonly ElfSegment[]): void {
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    if (next !== undefined && segment.address + segment.memorySizeBytes > next.address)
      throw badElf('overlapping segments');
  });
}

/** A u64 that is a size, an offset or an address of ours: far below 2^53. */
function readNumber(view: Buffer, at: number, what: string): number {
  const value = view.readBigUInt64LE(at);
  if (value >= BigInt(limits.addressMax)) throw badElf(`${what} 0x${value.toString(16)} out of range`);
  return Number(value);
}

function badElf(reason: string): NexusError {
  return new NexusError('bad-elf', `Cannot read the linker's output: ${reason}`, {
    hint: 'Use clang and lld of one version: `apt-get install clang-19 lld-19 llvm-19`.',
  });
}
