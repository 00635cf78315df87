/**
 * Which files of a log are given out, and how long who got one may keep it. A path is parsed to the tile, bundle or
 * pack that it names, and that one's own path is read: nothing else can be asked for.
 */
import { bundleSizeBytesMax } from '../formats/bundle';
import { noteSizeBytesMax } from '../formats/note';
import { checkpointFile, formatPackPath, parsePackPath } from '../storage/layout';
import { packSizeBytesMax } from '../storage/packs';
import { formatTilePath, parseTilePath, tileSizeBytesMax, tileWidth } from '../tree/tile';

export interface StaticFile {
  /** Path in the log. */
  readonly path: string;
  readonly sizeBytesMax: number;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** A full tile never changes. A partial one does not either, but a full one takes its place. */
const forever = 'public, max-age=31536000, immutable';
const aMinute = 'public, max-age=60';

/** The file of a request's target; undefined where there can be none. */
export function staticFileOf(target: string): StaticFile | undefined {
  const [name = ''] = target.split('?', 1);
  if (!name.startsWith('/') || name.length > 100) return undefined;
  const path = name.slice(1);
  if (path === checkpointFile) return checkpoint;
  const tile = parseTilePath(path);
  if (tile !== undefined) {
    const sizeBytesMax = tile.level === 'entries' ? bundleSizeBytesMax : tileSizeBytesMax;
    return binary(formatTilePath(tile), sizeBytesMax, tile.width === tileWidth);
  }
  const pack = parsePackPath(path);
  return pack && binary(formatPackPath(pack), packSizeBytesMax, pack.end === tileWidth);
}

function binary(path: string, sizeBytesMax: number, isFull: boolean): StaticFile {
  const cacheControl = isFull ? forever : aMinute;
  return { path, sizeBytesMax, contentType: 'application/octet-stream', cacheControl };
}

/** Asked for anew each time: whoever appended must see it. The entity tag makes that cheap. */
const checkpoint: StaticFile = {
  path: checkpointFile,
  sizeBytesMax: noteSizeBytesMax,
  contentType: 'text/plain; charset=utf-8',
  cacheControl: 'no-cache',
};
