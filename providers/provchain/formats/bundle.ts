/**
 * Sequences of byte strings, each with its length in front, big-endian:
 *
 *     entry bundle (https://c2sp.org/tlog-tiles)   u16 length || entry …     256 entries when full
 *     record pack (ours, see layout.ts)            u32 length || record …    the payloads of one commit
 *
 * The bundle of the entries "a" and "bc" is 00 01 61 00 02 62 63.
 */

/** The format's own limit. */
export const entrySizeBytesMax = 65_535;
export const bundleSizeBytesMax = 256 * (2 + entrySizeBytesMax);

/** Inverse: {@link parseBundle}. */
export function formatBundle(entries: readonly Uint8Array[]): Uint8Array {
  return formatSequence(entries, 2);
}

/** Inverse of {@link formatBundle} for that many entries, or however many when not told; undefined for other bytes. */
export function parseBundle(bytes: Uint8Array, count?: number): Uint8Array[] | undefined {
  return parseSequence(bytes, 2, count);
}

/** Inverse: {@link parsePack}. */
export function formatPack(records: readonly Uint8Array[]): Uint8Array {
  return formatSequence(records, 4);
}

/** Inverse of {@link formatPack}; undefined for other bytes. */
export function parsePack(bytes: Uint8Array, count?: number): Uint8Array[] | undefined {
  return parseSequence(bytes, 4, count);
}

function formatSequence(items: readonly Uint8Array[], lengthSizeBytes: 2 | 4): Uint8Array {
  const sizeBytes = items.reduce((sum, { length }) => sum + lengthSizeBytes + length, 0);
  const bytes = new Uint8Array(sizeBytes);
  const view = Buffer.from(bytes.buffer);
  let at = 0;
  for (const item of items) {
    bytes.set(item, view.writeUIntBE(item.length, at, lengthSizeBytes));
    at += lengthSizeBytes + item.length;
  }
  return bytes;
}

function parseSequence(
  bytes: Uint8Array,
  lengthSizeBytes: 2 | 4,
  count: number | undefined,
): Uint8Array[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Uint8Array[] = [];
  let at = 0;
  while (at + lengthSizeBytes <= buffer.length && items.length !== count) {
    const end = at + lengthSizeBytes + buffer.readUIntBE(at, lengthSizeBytes);
    if (end > buffer.length) return undefined;
    items.push(bytes.subarray(at + lengthSizeBytes, end));
    at = end;
  }
  return at === buffer.length && (count === undefined || items.length === count) ? items : undefined;
}
