/**
 * The ledger's folder. All but the last two are as tlog-tiles serves them, so any web server can; every path follows
 * from the checkpoint and what was read before, so no folder needs to be listed to read the log.
 *
 *     checkpoint                      the signed head of the log; replaced by rename
 *     tile/<level>/<index>[.p/<W>]    hashes (tile.ts); never change
 *     tile/entries/<index>[.p/<W>]    entries (bundle.ts); never change
 *     records/<index>[.p/<W>]         payloads of the group's entries up to W, or to its end; never change
 *     commits/                        the head and the commits (folder-storage.ts)
 *     tmp/<milliseconds>-<hex>        files that are not yet renamed to their place
 *
 * A pack of payloads, other than a tile, begins where its commit began: as many payloads as it has stand before W, and
 * those before them in the pack that ends there. The pack of a full group holds all 256, unless together they are
 * larger than a commit may be.
 */
import { formatTileIndex, parseTileIndex, tileWidth } from '../tree/tile';

export const checkpointFile = 'checkpoint';
export const commitsFolder = 'commits';
export const temporaryFolder = 'tmp';
export const recordsFolder = 'records';
/** The log's checkpoint at the last flush (flush.ts). */
export const flushedFile = `${commitsFolder}/flushed`;

export const commitFile = (id: string): string => `${commitsFolder}/${id}`;

/** A file of payloads. */
export interface Pack {
  /** Number of the group of 256 entries. */
  readonly group: number;
  /** Place within the group behind its last payload: 1 to 256. */
  readonly end: number;
}

/** The pack of a group when it is full; the others are named after it. */
export function packFolder(group: number): string {
  return `${recordsFolder}/${formatTileIndex(group)}`;
}

/** Inverse: {@link parsePackPath}. */
export function formatPackPath({ group, end }: Pack): string {
  return end === tileWidth ? packFolder(group) : `${packFolder(group)}.p/${end}`;
}

/** Inverse of {@link formatPackPath}; undefined for any other path. */
export function parsePackPath(path: string): Pack | undefined {
  const match = /^records\/([x\d/]{3,32})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  const group = parseTileIndex(match?.[1] ?? '');
  const end = match?.[2] === undefined ? tileWidth : Number(match[2]);
  if (group === undefined || (match?.[2] !== undefined && end >= tileWidth)) return undefined;
  return { group, end };
}

/** The folders above a file, the nearest first, the ledger's own ("") last. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, depth) => parts.slice(0, parts.length - 1 - depth).join('/'));
}
