/**
 * The ledger's folder. All but the last three are as tlog-tiles serves them, so any web server can.
 *
 *     checkpoint                      the signed head of the log; replaced by rename
 *     tile/<level>/<index>[.p/<W>]    hashes (tile.ts); never change
 *     tile/entries/<index>[.p/<W>]    entries (bundle.ts); never change
 *     records/<index>/<first>         payloads of the entries from index·256 + first, as far as the next pack
 *     head/<size>-<commit id>         one empty file; its name is the truth about which commit is the last (head.ts)
 *     commits/<commit id>             the last commit, and drafts of the next (commit.ts)
 *     tmp/<milliseconds>-<hex>        files that are not yet renamed to their place
 */
import { formatTileIndex, parseTileIndex, tileWidth } from './tile';

export const checkpointFile = 'checkpoint';
export const headFolder = 'head';
export const commitsFolder = 'commits';
export const temporaryFolder = 'tmp';
export const recordsFolder = 'records';

export const commitFile = (id: string): string => `${commitsFolder}/${id}`;

/** A file of payloads. */
export interface Pack {
  /** Number of the group of 256 entries. */
  readonly group: number;
  /** Place within the group of the first entry whose payload is in the pack. */
  readonly first: number;
}

export function packFolder(group: number): string {
  return `${recordsFolder}/${formatTileIndex(group)}`;
}

/** Inverse: {@link parsePackPath}. */
export function formatPackPath({ group, first }: Pack): string {
  return `${packFolder(group)}/${first}`;
}

/** Inverse of {@link formatPackPath}; undefined for any other path. */
export function parsePackPath(path: string): Pack | undefined {
  const match = /^records\/([x\d/]{3,32})\/(0|[1-9]\d{0,2})$/.exec(path);
  const group = parseTileIndex(match?.[1] ?? '');
  const first = Number(match?.[2]);
  return group !== undefined && first < tileWidth ? { group, first } : undefined;
}

/** The folders above a file, the nearest first, the ledger's own ("") last. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, depth) => parts.slice(0, parts.length - 1 - depth).join('/'));
}
