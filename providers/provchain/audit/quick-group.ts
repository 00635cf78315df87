/**
 * The audit's quick look at one full group of 256 entries: are its tile, its bundle and its pack exactly what a sound
 * log has? It only says yes or no. On a no the careful look (audit-log.ts) finds out which file is wrong; so all that
 * names a file stands there, and this may be written for speed: no object for an entry, no copy, one pass over the
 * bytes of the files. A yes says of every entry what the careful look would:
 *
 *     the entry      is a leaf, byte for byte (leaf.ts)
 *     leaf hash      SHA-256(0x00 || entry), which is the tile's hash
 *     payload        has the SHA-256 that the entry names, and, when asked for, its signature
 *     the pack       holds these payloads and nothing else
 *
 * The 0x00 is written over the last byte of the entry's length in the bundle, which stands right before the entry.
 */
import { hash } from 'node:crypto';
import { verifyEnvelope } from '../formats/dsse';
import { digestTextAt, isLeafAt, leafSizeBytes, parseLeaf } from '../formats/leaf';
import { tileSizeBytesMax, tileWidth } from '../tree/tile';
import { hashSizeBytes, perfectRootOf } from '../tree/tree';

/** The files of a full group as they were read. They are changed; undefined when there is none. */
export interface GroupFiles {
  readonly tile: Uint8Array | undefined;
  readonly bundle: Uint8Array | undefined;
  readonly pack: Uint8Array | undefined;
}

/** What the log above needs of a sound group. */
export interface SoundGroup {
  /** Root of the tile. */
  readonly root: Uint8Array;
  /** The first {@link digestHeadSizeBytes} bytes of each payload's digest, for the index. */
  readonly digestHeads: Uint8Array;
}

export const digestHeadSizeBytes = 6;

const strideSizeBytes = 2 + leafSizeBytes;

/** Undefined when anything at all is not as it must be. */
export function checkQuickly(
  { tile, bundle, pack }: GroupFiles,
  withSignatures: boolean,
): SoundGroup | undefined {
  if (pack === undefined || tile?.length !== tileSizeBytesMax) return undefined;
  if (bundle?.length !== tileWidth * strideSizeBytes) return undefined;
  const digestHeads = Buffer.alloc(tileWidth * digestHeadSizeBytes);
  const entries = asBuffer(bundle);
  if (!areLeaves(entries) || !arePayloads(entries, asBuffer(pack), digestHeads, withSignatures))
    return undefined;
  return isTileOf(entries, asBuffer(tile)) ? { root: perfectRootOf(tile), digestHeads } : undefined;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function areLeaves(entries: Buffer): boolean {
  for (let at = 0; at < entries.length; at += strideSizeBytes)
    if (entries.readUInt16BE(at) !== leafSizeBytes || !isLeafAt(entries, at + 2)) return false;
  return true;
}

/** Writes over the lengths, so it comes last. */
function isTileOf(entries: Buffer, tile: Buffer): boolean {
  const hashes = Buffer.allocUnsafe(tileSizeBytesMax);
  for (let at = 0, to = 0; at < entries.length; at += strideSizeBytes, to += hashSizeBytes) {
    entries[at + 1] = 0x00;
    const leafHash = hash('sha256', entries.subarray(at + 1, at + strideSizeBytes), 'binary');
    hashes.write(leafHash, to, 'latin1');
  }
  return hashes.equals(tile);
}

function arePayloads(entries: Buffer, pack: Buffer, digestHeads: Buffer, withSignatures: boolean): boolean {
  let at = 0;
  for (let index = 0; index < tileWidth; index += 1) {
    if (at + 4 > pack.length) return false;
    const end = at + 4 + pack.readUInt32BE(at);
    const entry = index * strideSizeBytes + 2;
    const payload = pack.subarray(at + 4, end);
    if (end > pack.length || !isPayloadOf(entries, entry, payload, withSignatures)) return false;
    digestHeads.write(digestTextAt(entries, entry).slice(0, 8), index * digestHeadSizeBytes, 'base64');
    at = end;
  }
  return at === pack.length;
}

function isPayloadOf(entries: Buffer, entry: number, payload: Buffer, withSignature: boolean): boolean {
  if (hash('sha256', payload, 'base64') !== digestTextAt(entries, entry)) return false;
  if (!withSignature) return true;
  const leaf = parseLeaf(entries.subarray(entry, entry + leafSizeBytes));
  return leaf !== undefined && verifyEnvelope({ payload, signature: leaf.signature }, leaf.publicKey);
}
