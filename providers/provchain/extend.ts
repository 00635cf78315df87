/**
 * What files a commit adds to a log: the tiles, entry bundles and record packs that its entries touch. A pure function
 * of the edge (the partial tiles and the partial bundle before) and of the commit, so that whoever derives them, and
 * however often, writes the same bytes under the same names.
 */
import { formatBundle, formatPack } from './bundle';
import type { LoggedRecord } from './commit';
import { formatPackPath } from './layout';
import { formatTilePath, joinHashes, tileWidth } from './tile';
import { type Hash, leafHash, perfectRoot } from './tree';
import { rootOfEdge } from './verified-tree';

/** The right side of the log, all that is needed to extend it. */
export interface Edge {
  readonly size: number;
  /** Hashes of the partial tile of each level. */
  readonly hashes: readonly (readonly Hash[])[];
  /** Entries of the partial bundle. */
  readonly entries: readonly Uint8Array[];
}

export interface DerivedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface Extension {
  readonly size: number;
  readonly root: Hash;
  readonly files: readonly DerivedFile[];
  /** Folders of partial files that full ones now replace. */
  readonly replacedFolders: readonly string[];
}

export function extendLog(edge: Edge, records: readonly LoggedRecord[]): Extension {
  const leaves = records.map(({ leaf }) => leaf);
  const tiles = extendTiles(edge, leaves.map(leafHash));
  const bundles = extendBundles(edge, leaves);
  const files = [...tiles.files, ...bundles, ...packsOf(edge.size, records)];
  const full = files.filter(({ path }) => path.startsWith('tile/') && !path.includes('.p/'));
  return {
    size: edge.size + records.length,
    root: rootOfEdge(tiles.hashes),
    files,
    replacedFolders: full.map(({ path }) => `${path}.p`),
  };
}

/** Adds the hashes to level 0, and the root of each tile that fills up to the level above. */
function extendTiles(edge: Edge, leafHashes: readonly Hash[]): { files: DerivedFile[]; hashes: Hash[][] } {
  const files: DerivedFile[] = [];
  const hashes = edge.hashes.map((level) => [...level]);
  let added: readonly Hash[] = leafHashes;
  for (let level = 0; added.length > 0; level += 1) {
    const first = Math.floor(edge.size / tileWidth ** (level + 1));
    const groups = groupsOf([...(hashes[level] ?? []), ...added]);
    files.push(...groups.map((group, at) => tileFile(level, first + at, group)));
    added = groups.filter(({ length }) => length === tileWidth).map(perfectRoot);
    hashes[level] = [...(groups[added.length] ?? [])];
  }
  return { files, hashes };
}

function tileFile(level: number, index: number, hashes: readonly Hash[]): DerivedFile {
  return { path: formatTilePath({ level, index, width: hashes.length }), bytes: joinHashes(hashes) };
}

function extendBundles(edge: Edge, leaves: readonly Uint8Array[]): DerivedFile[] {
  const first = Math.floor(edge.size / tileWidth);
  return groupsOf([...edge.entries, ...leaves]).map((entries, at) => ({
    path: formatTilePath({ level: 'entries', index: first + at, width: entries.length }),
    bytes: formatBundle(entries),
  }));
}

/** The payloads are never written again: a pack begins where its commit began, or at the group's begin. */
function packsOf(size: number, records: readonly LoggedRecord[]): DerivedFile[] {
  const group = Math.floor(size / tileWidth);
  const offset = size % tileWidth;
  const packs: DerivedFile[] = [];
  for (let from = -offset; from < records.length; from += tileWidth) {
    const first = Math.max(from, 0);
    const payloads = records.slice(first, from + tileWidth).map(({ payload }) => payload);
    const path = formatPackPath({ group: group + (from + offset) / tileWidth, first: first - from });
    packs.push({ path, bytes: formatPack(payloads) });
  }
  return packs;
}

/** Runs of 256, the last one shorter. */
function groupsOf<T>(items: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += tileWidth) groups.push(items.slice(at, at + tileWidth));
  return groups;
}
