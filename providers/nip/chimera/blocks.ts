/**
 * The file of an apk v3, package or index (apk-v3(5)): `ADB` and how the rest is compressed, then a schema and blocks.
 *
 *     "ADB."                as it is               "pckg" or "indx"       the schema, 4 bytes
 *     "ADBd"                raw deflate            tag, content, padding  each block, on offsets of 8
 *     "ADBc" algorithm level  1 deflate, 2 zstd
 *
 * A block's tag is its kind in the two highest bits (0 ADB, 1 signature, 2 data, 3 a longer tag) and its size, the tag
 * itself included. First comes one ADB block, then signatures, then data: file contents, in the order of the ADB.
 */
import { ByteReader, type Bytes } from '../archive/bytes';
import { decompress, decompressLimits } from '../archive/decompress';
import { badArchive } from '../archive/failure';

export type Schema = 'pckg' | 'indx';

export interface Block {
  readonly kind: number;
  readonly sizeBytes: number;
  /** To be read, whole or in part, before the next block is asked for. */
  readonly content: AsyncGenerator<Uint8Array>;
}

export const blockKind = { adb: 0, signature: 1, data: 2 } as const;
const longTag = 3;

/** The uncompressed blocks of a file of that schema. @throws NexusError `bad-archive`, `decompression-bomb` */
export async function* readBlocks(source: Bytes, schema: Schema, name: string): AsyncGenerator<Block> {
  const reader = new ByteReader(await uncompressed(source, name), name);
  try {
    const head = textOf(await reader.read(8));
    if (head !== `ADB.${schema}`)
      throw badArchive(name, `it starts with ${JSON.stringify(head)}, expected "ADB.${schema}"`);
    for (;;) {
      const word = await reader.read(4);
      if (word === undefined) return;
      yield* readBlock(word, reader, name);
    }
  } finally {
    await reader.close();
  }
}

async function uncompressed(source: Bytes, name: string): Promise<Bytes> {
  const reader = new ByteReader(source, name);
  const mark = textOf(await reader.read(4));
  if (mark === 'ADB.') return withHead(mark, reader.rest());
  if (mark === 'ADBd') return decompress(reader.rest(), name, decompressLimits, 'deflate');
  const [algorithm] = mark === 'ADBc' ? ((await reader.read(2)) ?? []) : [];
  if (algorithm === 1) return decompress(reader.rest(), name, decompressLimits, 'deflate');
  if (algorithm === 2) return decompress(reader.rest(), name);
  throw badArchive(name, 'not an apk of version 3, or compressed in a way that nobody knows');
}

async function* withHead(head: string, rest: Bytes): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head, 'latin1');
  yield* rest;
}

async function* readBlock(word: Uint8Array, reader: ByteReader, name: string): AsyncGenerator<Block> {
  const { kind, wholeSizeBytes, tagSizeBytes } = await readTag(word, reader);
  const sizeBytes = wholeSizeBytes - tagSizeBytes;
  if (sizeBytes < 0 || !Number.isSafeInteger(wholeSizeBytes))
    throw badArchive(name, 'a block with a broken size');
  const content = reader.stream(sizeBytes);
  yield { kind, sizeBytes, content };
  for (let step = await content.next(); step.done !== true; ) step = await content.next();
  const padding = (8 - (wholeSizeBytes % 8)) % 8;
  if (padding > 0 && (await reader.read(padding)) === undefined)
    throw badArchive(name, 'it ends within a block');
}

async function readTag(word: Uint8Array, reader: ByteReader) {
  const tag = Buffer.from(word).readUInt32LE();
  const [kind, rest] = [tag >>> 30, tag & 0x3fffffff];
  if (kind !== longTag) return { kind, wholeSizeBytes: rest, tagSizeBytes: 4 };
  const long = Buffer.from((await reader.read(12)) ?? new Uint8Array(12));
  return { kind: rest, wholeSizeBytes: Number(long.readBigUInt64LE(4)), tagSizeBytes: 16 };
}

/** All of a block whose size is bounded. @throws NexusError `bad-archive` */
export async function readWhole(block: Block, sizeBytesMax: number, name: string): Promise<Uint8Array> {
  if (block.sizeBytes > sizeBytesMax) throw badArchive(name, `a block of over ${sizeBytesMax} bytes`);
  const parts: Uint8Array[] = [];
  for await (const part of block.content) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('latin1');
}
