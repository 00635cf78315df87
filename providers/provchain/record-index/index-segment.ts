/**
 * A file of the index from a record's digest to its place in the log (record-index.ts): the entries from one multiple
 * of its size up to the next, sorted by digest. It follows from the log alone, so whoever writes it writes the same
 * bytes.
 *
 *     header    "provchain-index1" || u64be from || u64be to || root of the log at size `to` (32) || check (32)
 *     page …    check (16) || u64be record …          510 records, in the last page what is left
 *
 *     record        = first 44 bits of the payload's SHA-256, then the entry's index - from in 20 bits; ascending
 *     header's check = SHA-256(header before it)
 *     page's check   = SHA-256(header's check || u32be number of the page || records)[0:16]
 *
 * The checks find what a disk or a crash has spoiled, at the page that is read. They are no signature.
 */
import { hash } from 'node:crypto';
import { areEqual, type Hash, hashSizeBytes } from '../tree/tree';

/** Numbers of entries in a segment of each level. */
export const segmentLengths = [4096, 65_536, 1_048_576] as const;
/** Segments of a level that one of the next level replaces. */
export const segmentFanOut = 16;

export interface SegmentName {
  readonly level: number;
  /** It begins at the entry index · length of the level. */
  readonly index: number;
}

/** Inverse: {@link parseSegmentPath}. */
export function formatSegmentPath({ level, index }: SegmentName): string {
  return `index/${level}-${index}`;
}

/** Inverse of {@link formatSegmentPath}; undefined for any other path. */
export function parseSegmentPath(path: string): SegmentName | undefined {
  const [, level = '', index = ''] = /^index\/([0-2])-(0|[1-9]\d{0,11})$/.exec(path) ?? [];
  return level === '' ? undefined : { level: Number(level), index: Number(index) };
}

export interface SegmentRange {
  readonly from: number;
  readonly to: number;
}

export function rangeOf({ level, index }: SegmentName): SegmentRange {
  const length = segmentLengths[level] ?? 0;
  return { from: index * length, to: (index + 1) * length };
}

/** The largest segments that together cover a log of that size, but for less than the smallest one at its end. */
export function segmentsOf(size: number): SegmentName[] {
  const names: SegmentName[] = [];
  let from = 0;
  for (const [level, length] of [...segmentLengths.entries()].reverse())
    for (; from + length <= size; from += length) names.push({ level, index: from / length });
  return names;
}

const indexBits = 20n;
const recordSizeBytes = 8;
const pageRecordCount = 510;
const pageCheckSizeBytes = 16;
export const pageSizeBytes = pageCheckSizeBytes + pageRecordCount * recordSizeBytes;
const magic = Buffer.from('provchain-index1');
const headerSizeBytes = magic.length + 16 + 2 * hashSizeBytes;
export const segmentSizeBytesMax = headerSizeBytes + Math.ceil(2 ** 20 / pageRecordCount) * pageSizeBytes;

/** @param digest at least its first 6 bytes @param offset of the entry in the segment */
export function recordOf(digest: Uint8Array, offset: number): bigint {
  return (prefixOf(digest) << indexBits) | BigInt(offset);
}

function prefixOf(digest: Uint8Array): bigint {
  return BigInt(Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).readUIntBE(0, 6)) >> 4n;
}

export function offsetOf(record: bigint): number {
  return Number(record & ((1n << indexBits) - 1n));
}

/** The whole file. @param records in any order; sorted here @param root of the log at the range's end */
export function formatSegment({ from, to }: SegmentRange, root: Hash, records: BigUint64Array): Uint8Array {
  records.sort();
  const header = Buffer.alloc(headerSizeBytes);
  magic.copy(header);
  header.writeBigUInt64BE(BigInt(from), 16);
  header.writeBigUInt64BE(BigInt(to), 24);
  header.set(root, 32);
  hash('sha256', header.subarray(0, 64), 'buffer').copy(header, 64);
  const pages = Array.from({ length: Math.ceil(records.length / pageRecordCount) }, (_, number) =>
    formatPage(header, number, records.subarray(number * pageRecordCount, (number + 1) * pageRecordCount)),
  );
  return new Uint8Array(Buffer.concat([header, ...pages]));
}

function formatPage(header: Buffer, number: number, records: BigUint64Array): Buffer {
  const page = Buffer.alloc(pageCheckSizeBytes + records.length * recordSizeBytes);
  for (const [at, record] of records.entries())
    page.writeBigUInt64BE(record, pageCheckSizeBytes + at * recordSizeBytes);
  checkOf(header, number, page).copy(page);
  return page;
}

function checkOf(header: Buffer, number: number, page: Buffer): Buffer {
  const place = Buffer.alloc(4);
  place.writeUInt32BE(number);
  const bytes = Buffer.concat([header.subarray(64), place, page.subarray(pageCheckSizeBytes)]);
  return hash('sha256', bytes, 'buffer').subarray(0, pageCheckSizeBytes);
}

/** Reads a part of the file, less at its end. @throws when there is none */
export type ReadPart = (at: number, sizeBytes: number) => Uint8Array;

/** A segment of which nothing is believed that fails its checks, and nothing at all about the log. */
export class Segment {
  readonly range: SegmentRange;
  readonly #read: ReadPart;
  readonly #header: Buffer;
  readonly #count: number;

  private constructor(range: SegmentRange, read: ReadPart, header: Buffer) {
    this.range = range;
    this.#read = read;
    this.#header = header;
    this.#count = range.to - range.from;
  }

  /** Undefined when the file is not the segment of that range, for a log with that root at its end. */
  static open(range: SegmentRange, root: Hash, read: ReadPart): Segment | undefined {
    const header = Buffer.from(read(0, headerSizeBytes));
    const isWhole = header.length === headerSizeBytes && header.subarray(0, 16).equals(magic);
    if (!isWhole || !hash('sha256', header.subarray(0, 64), 'buffer').equals(header.subarray(64)))
      return undefined;
    const isOurs =
      header.readBigUInt64BE(16) === BigInt(range.from) &&
      header.readBigUInt64BE(24) === BigInt(range.to) &&
      areEqual(header.subarray(32, 64), root);
    return isOurs ? new Segment(range, read, header) : undefined;
  }

  get #pageCount(): number {
    return Math.ceil(this.#count / pageRecordCount);
  }

  /** The records of one page. @throws when it is spoiled */
  page(number: number): BigUint64Array {
    const count = Math.min(pageRecordCount, this.#count - number * pageRecordCount);
    const sizeBytes = pageCheckSizeBytes + count * recordSizeBytes;
    const page = Buffer.from(this.#read(headerSizeBytes + number * pageSizeBytes, sizeBytes));
    if (page.length !== sizeBytes || !checkOf(this.#header, number, page).equals(page.subarray(0, 16)))
      throw new Error(`Cannot use page ${number} of the index: spoiled`);
    return BigUint64Array.from({ length: count }, (_, at) =>
      page.readBigUInt64BE(pageCheckSizeBytes + at * recordSizeBytes),
    );
  }

  /** All records. @throws when a page is spoiled */
  records(): BigUint64Array {
    const all = new BigUint64Array(this.#count);
    for (let number = 0; number < this.#pageCount; number += 1)
      all.set(this.page(number), number * pageRecordCount);
    return all;
  }

  /** Entries whose digest may be that one, ascending; all whose it is. @throws when a page is spoiled */
  candidates(digest: Uint8Array): number[] {
    const prefix = prefixOf(digest);
    const found: number[] = [];
    for (let number = this.#pageOf(prefix << indexBits); number < this.#pageCount; number += 1) {
      const page = this.page(number);
      for (const record of page)
        if (record >> indexBits === prefix) found.push(this.range.from + offsetOf(record));
      if ((page.at(-1) ?? 0n) >> indexBits > prefix) break;
    }
    // An edited one may name places beyond its range, and beyond the log.
    return found.filter((index) => index < this.range.to);
  }

  /**
   * The first page whose last record is not below. Digests are evenly spread, so its place is guessed from the value,
   * which takes two or three pages; every other guess is the middle, so that no spread takes more than twenty-odd.
   */
  #pageOf(record: bigint): number {
    let [low, high] = [0, this.#pageCount];
    let [least, most] = [0n, 1n << 64n];
    for (let attempt = 0; low < high; attempt += 1) {
      const number = attempt % 3 === 2 ? Math.floor((low + high) / 2) : guess(record, low, high, least, most);
      const page = this.page(number);
      const [first = 0n, last = 0n] = [page[0], page.at(-1)];
      if (last < record) [low, least] = [number + 1, last];
      else if (first <= record) return number;
      else [high, most] = [number, first];
    }
    return low;
  }
}

/** A page from `low` to below `high`, which hold the values from `least` to `most`. */
function guess(record: bigint, low: number, high: number, least: bigint, most: bigint): number {
  const share = most > least ? Number(record - least) / Number(most - least) : 0;
  return Math.min(high - 1, low + Math.floor(share * (high - low)));
}
