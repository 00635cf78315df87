/**
 * What files a commit adds to a log: the tiles, entry bundles and record packs that its entries touch. A pure function
 * of the edge (the partial tiles and the partial bundle before) and of the commit, so that whoever derives them, and
 * however often, writes the same bytes under the same names.
 */
import { formatBundle, formatPack } from '../formats/bundle';
import type { LoggedRecord } from '../storage/commit';
import { formatPackPath } from '../storage/layout';
import { fitsPack } from '../storage/packs';
import { formatTilePath, joinHashes, tileWidth } from '../tree/tile';
import { type Hash, leafHash, rememberedRoot } from '../tree/tree';
import { rootOfEdge } from '../tree/verified-tree';

/** The right side of the log, all that is needed to extend it. */
export interface Edge {
  readonly size: number;
  /** Hashes of the partial tile of each level. */
  readonly hashes: readonly (readonly Hash[])[];
  /** Entries of the partial bundle. */
  readonly entries: readonly Uint8Array[];
  /** Their payloads; undefined when they are not known or too large for one pack. A commit that fills the group asks. */
  readonly payloads: readonly Uint8Array[] | undefined;
}

/** Whether that many more entries fill the group at the end of the log, so that its payloads go into one pack. */
export function fillsGroup(size: number, count: number): boolean {
  return size % tileWidth !== 0 && (size % tileWidth) + count >= tileWidth;
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
  /** The right side of the log afterwards. */
  readonly edge: Edge;
}

export function extendLog(edge: Edge, records: readonly LoggedRecord[]): Extension {
  const leaves = records.map(({ leaf }) => leaf);
  const size = edge.size + records.length;
  const tiles = extendTiles(edge, leaves.map(leafHash));
  const bundles = extendBundles(edge, leaves);
  const packs = extendPacks(edge, records);
  const full = [...tiles.files, ...bundles].filter(({ path }) => !path.includes('.p/'));
  return {
    size,
    root: rootOfEdge(tiles.hashes),
    files: [...tiles.files, ...bundles, ...packs.files],
    replacedFolders: [...full.map(({ path }) => `${path}.p`), ...packs.replacedFolders],
    edge: {
      size,
      hashes: tiles.hashes,
      entries: [...edge.entries, ...leaves].slice(-(size % tileWidth) || Number.POSITIVE_INFINITY),
      payloads: packs.payloads,
    },
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
    added = groups.filter(({ length }) => length === tileWidth).map(rememberedRoot);
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

interface ExtendedPacks {
  readonly files: DerivedFile[];
  readonly replacedFolders: string[];
  /** Of the last group, when it is not full. */
  readonly payloads: readonly Uint8Array[] | undefined;
}

/** A pack begins where its commit began, or at the group's begin; that of a full group has all that went before too. */
function extendPacks(edge: Edge, records: readonly LoggedRecord[]): ExtendedPacks {
  const files: DerivedFile[] = [];
  const replacedFolders: string[] = [];
  let known: readonly Uint8Array[] | undefined = edge.size % tileWidth === 0 ? [] : edge.payloads;
  for (let at = 0; at < records.length; ) {
    const offset = (edge.size + at) % tileWidth;
    const own = records.slice(at, at + tileWidth - offset).map(({ payload }) => payload);
    const pack = { group: Math.floor((edge.size + at) / tileWidth), end: offset + own.length };
    const all = known && fitsPack([...known, ...own]) ? [...known, ...own] : undefined;
    const isFull = pack.end === tileWidth;
    files.push({ path: formatPackPath(pack), bytes: formatPack(isFull && all !== undefined ? all : own) });
    if (isFull && all !== undefined) replacedFolders.push(`${formatPackPath(pack)}.p`);
    known = isFull ? [] : all;
    at += own.length;
  }
  return { files, replacedFolders, payloads: known };
}

/** Runs of 256, the last one shorter. */
function groupsOf<T>(items: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (let at = 0; at < items.length; at += tileWidth) groups.push(items.slice(at, at + tileWidth));
  return groups;
}
