/**
 * What an ELF file needs to run (gabi, chapters 4 and 5): its interpreter, the libraries it names, and where it looks
 * for them. 64-bit, little-endian; anything else, broken files too, needs nothing.
 *
 *     header       0 7f 45 4c 46 02 01 · 16 u16 type · 18 u16 machine · 32 u64 program headers · 54 u16 size, 56 u16 count
 *     program      0 u32 type · 8 u64 offset · 16 u64 address · 32 u64 size in the file
 *     dynamic      u64 tag, u64 value, until tag 0
 */
export interface ElfNeeds {
  readonly machine: number;
  /** An absolute path; undefined for a library or a static program. */
  readonly interpreter: string | undefined;
  /** Names such as `libc.so.6`. */
  readonly libraries: readonly string[];
  /** Folders, with `$ORIGIN` as it stands there. */
  readonly searchPath: readonly string[];
}

/** Machines by the names that Nexus uses. */
export const elfMachines = { x86_64: 62, aarch64: 183, riscv64: 243 } as const;

const [loadType, dynamicType, interpreterType] = [1, 2, 3];
const [neededTag, stringsTag, stringsSizeTag, rpathTag, runpathTag] = [1n, 5n, 10n, 15n, 29n];
const segmentCountMax = 64;
const entryCountMax = 4096;
const textSizeBytesMax = 4096;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly sizeBytes: number;
}

export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 64 && Buffer.from(bytes.subarray(0, 6)).toString('hex') === '7f454c460201';
}

/** Undefined for what is no ELF file. */
export function readElfNeeds(bytes: Uint8Array): ElfNeeds | undefined {
  if (!isElf(bytes)) return undefined;
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = readSegments(file);
  const interpreter = segments.find(({ type }) => type === interpreterType);
  return {
    machine: file.readUInt16LE(18),
    interpreter: interpreter && textAt(file, interpreter.offset),
    ...readDynamic(file, segments),
  };
}

function readSegments(file: Buffer): readonly Segment[] {
  const at = Number(file.readBigUInt64LE(32));
  const [sizeBytes, count] = [file.readUInt16LE(54), Math.min(file.readUInt16LE(56), segmentCountMax)];
  if (sizeBytes < 56 || at + sizeBytes * count > file.length) return [];
  return Array.from({ length: count }, (_, index) => readSegment(file.subarray(at + index * sizeBytes)));
}

function readSegment(header: Buffer): Segment {
  return {
    type: header.readUInt32LE(0),
    offset: Number(header.readBigUInt64LE(8)),
    address: header.readBigUInt64LE(16),
    sizeBytes: Number(header.readBigUInt64LE(32)),
  };
}

function readDynamic(file: Buffer, segments: readonly Segment[]): Pick<ElfNeeds, 'libraries' | 'searchPath'> {
  const entries = dynamicEntries(file, segments);
  const valuesOf = (tag: bigint): bigint[] =>
    entries.filter(([each]) => each === tag).map(([, value]) => value);
  const strings = stringTable(file, segments, valuesOf(stringsTag)[0], valuesOf(stringsSizeTag)[0]);
  const textsOf = (tag: bigint): string[] =>
    valuesOf(tag)
      .map((offset) => textAt(strings, Number(offset)))
      .filter((text) => text !== undefined);
  // A file with both is searched by DT_RUNPATH alone.
  const runpath = textsOf(runpathTag);
  const paths = runpath.length > 0 ? runpath : textsOf(rpathTag);
  return {
    libraries: textsOf(neededTag),
    searchPath: paths.flatMap((path) => path.split(':')).filter((path) => path !== ''),
  };
}

function dynamicEntries(file: Buffer, segments: readonly Segment[]): readonly (readonly [bigint, bigint])[] {
  const dynamic = segments.find(({ type }) => type === dynamicType);
  const entries: (readonly [bigint, bigint])[] = [];
  if (dynamic === undefined) return entries;
  for (let at = dynamic.offset; at + 16 <= file.length && entries.length < entryCountMax; at += 16) {
    const tag = file.readBigUInt64LE(at);
    if (tag === 0n) break;
    entries.push([tag, file.readBigUInt64LE(at + 8)]);
  }
  return entries;
}

/** The strings stand in memory at an address; the loaded segments tell where that is in the file. */
function stringTable(
  file: Buffer,
  segments: readonly Segment[],
  address: bigint | undefined,
  sizeBytes: bigint | undefined,
): Buffer {
  const segment = segments.find(
    (each) =>
      each.type === loadType &&
      address !== undefined &&
      address >= each.address &&
      address < each.address + BigInt(each.sizeBytes),
  );
  if (segment === undefined || address === undefined) return Buffer.alloc(0);
  const start = segment.offset + Number(address - segment.address);
  return file.subarray(start, start + Number(sizeBytes ?? 0n));
}

/** A text that ends with a zero byte, undefined when it does not. */
function textAt(bytes: Buffer, offset: number): string | undefined {
  if (offset < 0 || offset >= bytes.length) return undefined;
  const end = bytes.subarray(offset, offset + textSizeBytesMax).indexOf(0);
  return end < 0 ? undefined : bytes.subarray(offset, offset + end).toString('latin1');
}
