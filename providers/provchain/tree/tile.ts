/**
 * Tiles, https://c2sp.org/tlog-tiles: 256 neighbouring hashes of every eighth level of the tree in one file. Tile
 * (level, index) holds, for i from 0 to 255, the hash of the perfect subtree over the entries
 *
 *     [(index · 256 + i) · 256^level, (index · 256 + i + 1) · 256^level)
 *
 * and lies at `tile/<level>/<index>`; an entry bundle lies at `tile/entries/<index>`. The index is written in groups of
 * three digits, all but the last with an `x` before them. The last tile of a level is partial, of the width
 * floor(size / 256^level) mod 256, and has `.p/<width>` behind its name; one of width 0 does not exist.
 *
 * A tree of 70,000 has tile/0/000 to tile/0/272, tile/0/273.p/112, tile/1/000, tile/1/001.p/17 and tile/2/000.p/1.
 */
import { type Hash, hashSizeBytes } from './tree';

export const tileWidth = 256;
export const tileSizeBytesMax = tileWidth * hashSizeBytes;
/** 256^6 is below 2^53 and 256^7 above it. */
export const tileLevelMax = 6;

export interface Tile {
  /** A level of the tree, or the bundles of entries. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; 256 is a full tile. */
  readonly width: number;
}

/** Inverse: {@link parseTilePath}. */
export function formatTilePath({ level, index, width }: Tile): string {
  const partial = width === tileWidth ? '' : `.p/${width}`;
  return `tile/${level}/${formatTileIndex(index)}${partial}`;
}

/** 1234067 is `x001/x234/067`. */
export function formatTileIndex(index: number): string {
  const groups = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(String(rest % 1000).padStart(3, '0'));
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** Inverse of {@link formatTileIndex}; undefined for any other text. */
export function parseTileIndex(text: string): number | undefined {
  if (text.length > 32 || !/^(x\d{3}\/)*\d{3}$/.test(text)) return undefined;
  const index = Number(text.replace(/[x/]/g, ''));
  return Number.isSafeInteger(index) && formatTileIndex(index) === text ? index : undefined;
}

/** Inverse of {@link formatTilePath}; undefined for any other text. */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^tile\/(entries|[0-6])\/([x\d/]{3,32})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null) return undefined;
  const [, levelText = '', indexText = '', widthText] = match;
  const index = parseTileIndex(indexText);
  const width = widthText === undefined ? tileWidth : Number(widthText);
  if (index === undefined || (widthText !== undefined && width >= tileWidth)) return undefined;
  return { level: levelText === 'entries' ? 'entries' : Number(levelText), index, width };
}

/** How many hashes of a level a tree has. */
export function hashCountAt(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile at a place in a tree of that size, with its width there; undefined where the tree has none. */
export function tileAt(level: number | 'entries', index: number, size: number): Tile | undefined {
  const count = hashCountAt(level === 'entries' ? 0 : level, size);
  const width = Math.min(tileWidth, count - index * tileWidth);
  return width > 0 ? { level, index, width } : undefined;
}

/** The hashes of a tile's bytes, as views. */
export function splitHashes(bytes: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < bytes.length; at += hashSizeBytes)
    hashes.push(bytes.subarray(at, at + hashSizeBytes));
  return hashes;
}

/** Inverse of {@link splitHashes}. */
export function joinHashes(hashes: readonly Hash[]): Uint8Array {
  return new Uint8Array(Buffer.concat(hashes));
}
