/**
 * What a kernel module says of itself: the section `.modinfo` of its ELF file, texts of `key=value`, each ended by a NUL
 * (kernel/module, MODULE_INFO). ELF: gabi, chapter 4; 64-bit, little-endian.
 *
 *     header    40 u64 section headers at · 58 u16 size of one · 60 u16 count · 62 u16 index of the names
 *     section   0 u32 name · 24 u64 offset · 32 u64 size
 */
export interface ModuleInfo {
  /** Modules that must be there before it, by name. */
  readonly depends: readonly string[];
  /** Modules or aliases that it works better with, or that it asks for as it starts. */
  readonly softBefore: readonly string[];
  readonly softAfter: readonly string[];
  /** Patterns of devices, and other names. */
  readonly aliases: readonly string[];
}

const sectionCountMax = 65_535;

/** Undefined for what is no ELF file or has no such section. */
export function readModuleInfo(bytes: Uint8Array): ModuleInfo | undefined {
  const section = findSection(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), '.modinfo');
  if (section === undefined) return undefined;
  const texts = section.toString('latin1').split('\0');
  const valuesOf = (key: string): string[] =>
    texts.filter((text) => text.startsWith(`${key}=`)).map((text) => text.slice(key.length + 1));
  const soft = valuesOf('softdep').map(parseSoftDependency);
  return {
    depends: valuesOf('depends').flatMap((list) => list.split(',').filter((name) => name !== '')),
    softBefore: soft.flatMap(({ before }) => before),
    softAfter: soft.flatMap(({ after }) => after),
    aliases: valuesOf('alias'),
  };
}

/** `pre: a b post: c` */
function parseSoftDependency(text: string): { readonly before: string[]; readonly after: string[] } {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const parts = { 'pre:': [] as string[], 'post:': [] as string[] };
  let current = parts['pre:'];
  for (const word of words)
    if (word === 'pre:' || word === 'post:') current = parts[word];
    else current.push(word);
  return { before: parts['pre:'], after: parts['post:'] };
}

function findSection(file: Buffer, name: string): Buffer | undefined {
  if (file.length < 64 || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2) return undefined;
  const start = Number(file.readBigUInt64LE(40));
  const [sizeBytes, count, namesAt] = [file.readUInt16LE(58), file.readUInt16LE(60), file.readUInt16LE(62)];
  if (sizeBytes < 64 || count > sectionCountMax || start + sizeBytes * count > file.length) return undefined;
  const header = (index: number): Buffer => file.subarray(start + index * sizeBytes);
  const content = (index: number): Buffer => {
    const offset = Number(header(index).readBigUInt64LE(24));
    return file.subarray(offset, offset + Number(header(index).readBigUInt64LE(32)));
  };
  if (namesAt >= count) return undefined;
  const names = content(namesAt).toString('latin1');
  const isNamed = (index: number): boolean => names.startsWith(`${name}\0`, header(index).readUInt32LE(0));
  const found = Array.from({ length: count }, (_, index) => index).find(isNamed);
  return found === undefined ? undefined : content(found);
}
