/**
 * The part of the audit (audit.ts) that walks the log: group after group of 256 entries, from the bundles to the
 * hashes, the tiles above and the root; and for each entry its payload and its signature. Where a quick look
 * (quick-group.ts) shows a group to be sound, that is all; any other group is looked at carefully here, to name the
 * file that is wrong. Holds one group at a time, and those that the quick looks are ahead.
 *
 * Where a bundle and its tile contradict each other one of them is wrong. The tile is right when it leads to the
 * checkpoint's root; then the bundle is named. Else the tile is named, and the entries are believed until the root
 * shows whether they were right.
 */

import { bundleSizeBytesMax, parseBundle } from '../formats/bundle';
import type { TreeHead } from '../formats/checkpoint';
import { parseLeaf } from '../formats/leaf';
import type { LoggedRecord } from '../storage/commit';
import { formatPackPath, parsePackPath } from '../storage/layout';
import {
  formatTilePath,
  joinHashes,
  parseTilePath,
  splitHashes,
  tileAt,
  tileSizeBytesMax,
  tileWidth,
} from '../tree/tile';
import { areEqual, type Hash, hashSizeBytes, leafHash, perfectRoot } from '../tree/tree';
import { rootOfEdge, VerifiedTree } from '../tree/verified-tree';
import type { IndexedGroup } from './audit-index';
import { checkPacks, type Group, type PackContext } from './audit-packs';
import { digestHeadSizeBytes, type SoundGroup } from './quick-group';
import { type Looker, verdictsOn } from './quick-look';

export interface AuditTask {
  /** Number of entries that must stand in the files. */
  readonly required: number;
  /** Number of entries altogether. */
  readonly size: number;
  /** The entries from `required` on. */
  readonly pending: readonly LoggedRecord[];
}

/** `unexplained` has the paths that nothing explained so far; what is checked is taken out. */
export interface AuditContext extends PackContext {
  /** Look quickly at groups on which there is nothing to name, the most by far. */
  readonly lookers: readonly Looker[];
  /** After each group, with the roots so far. */
  readonly onGroup: (group: AuditedGroup, roots: ReadonlyMap<number, Hash>) => Promise<void>;
}

export interface AuditedGroup extends IndexedGroup {
  /** Number of its entries. */
  readonly count: number;
}

export class AuditLog {
  recordCount = 0;
  readonly #context: AuditContext;
  readonly #task: AuditTask;
  readonly #tree: VerifiedTree | undefined;
  /** Hashes of the tile that is filling up, by level. */
  readonly #levels: Hash[][] = [[]];
  readonly #roots = new Map<number, Hash>();
  readonly #tiles: ReadonlyMap<string, readonly string[]>;
  readonly #packs: ReadonlyMap<number, readonly number[]>;
  readonly #sizes: readonly number[];

  /**
   * @param trusted the signed tree of the required size, when there is one
   * @param sizes at which the roots are wanted
   */
  constructor(
    context: AuditContext,
    task: AuditTask,
    trusted: TreeHead | undefined,
    sizes: readonly number[],
  ) {
    this.#context = context;
    this.#task = task;
    this.#tree = trusted && new VerifiedTree(trusted, context.read);
    this.#tiles = groupTiles(context.unexplained);
    this.#packs = groupPacks(context.unexplained);
    this.#sizes = sizes;
  }

  /** Checks all, and gives the roots that the log had at the sizes, as far as it can be read. */
  async run(): Promise<ReadonlyMap<number, Hash>> {
    const groupCount = Math.ceil(this.#task.size / tileWidth);
    const quick = Array.from({ length: groupCount }, (_, index) => index).filter((index) =>
      this.#isPlain(index),
    );
    const verdicts = verdictsOn(quick, this.#context.lookers);
    this.#takeRoots(0, []);
    for (let index = 0, next = 0; index < groupCount; index += 1) {
      const isQuick = quick[next] === index;
      if (isQuick) next += 1;
      const sound = isQuick ? (await verdicts.next()).value : undefined;
      const group = sound ? await this.#accept(index, sound) : await this.#look(index);
      if (group === undefined) return this.#roots;
      this.#takeRoots(index + 1, []);
      await this.#context.onGroup(group, this.#roots);
    }
    for (const [level, hashes] of this.#levels.entries())
      if (level > 0 && hashes.length > 0) await this.#checkTiles(level, this.#tilesBefore(level), hashes);
    return this.#roots;
  }

  /** A full group of which there are three files, and within which no root is wanted. */
  #isPlain(index: number): boolean {
    const [from, to] = [index * tileWidth, (index + 1) * tileWidth];
    const files = [
      this.#tiles.get(`0/${index}`),
      this.#tiles.get(`entries/${index}`),
      this.#packs.get(index),
    ];
    return (
      to <= this.#task.required &&
      files.every((each) => each?.length === 1) &&
      this.#sizes.every((size) => size <= from || size >= to)
    );
  }

  async #accept(index: number, { root, digestHeads }: SoundGroup): Promise<AuditedGroup> {
    this.recordCount += tileWidth;
    for (const level of [0, 'entries'] as const)
      this.#context.unexplained.delete(formatTilePath({ level, index, width: tileWidth }));
    this.#context.unexplained.delete(formatPackPath({ group: index, end: tileWidth }));
    await this.#carry(root);
    return { index, count: tileWidth, digestHeads };
  }

  /** The careful look. Undefined when the hashes of the group cannot be told. */
  async #look(index: number): Promise<AuditedGroup | undefined> {
    const group = await this.#readGroup(index);
    if (group === undefined) return undefined;
    const required = Math.min(tileWidth, this.#task.required - index * tileWidth);
    const packs = this.#packs.get(index) ?? [];
    this.recordCount += await checkPacks(this.#context, group, packs, required);
    await this.#checkTiles(0, index, group.hashes);
    this.#takeRoots(index, group.hashes);
    if (group.hashes.length === tileWidth) await this.#carry(perfectRoot(group.hashes));
    return { index, count: group.hashes.length, digestHeads: digestHeadsOf(group) };
  }

  #tilesBefore(level: number): number {
    return Math.floor(this.#task.size / tileWidth ** (level + 1));
  }

  /** The roots at the sizes that end within a group, of which these are the hashes so far. */
  #takeRoots(group: number, hashes: readonly Hash[]): void {
    for (const size of this.#sizes) {
      const count = size - group * tileWidth;
      if (count >= 0 && count <= hashes.length && count < tileWidth && !this.#roots.has(size))
        this.#roots.set(size, rootOfEdge([hashes.slice(0, count), ...this.#levels.slice(1)]));
    }
  }

  /** Adds the root of a full tile to the level above, and so on upwards. */
  async #carry(root: Hash): Promise<void> {
    for (let [level, below] = [1, root]; ; level += 1) {
      const hashes = [...(this.#levels[level] ?? []), below];
      this.#levels[level] = hashes.length < tileWidth ? hashes : [];
      if (hashes.length < tileWidth) return;
      await this.#checkTiles(level, this.#tilesFilled(level), hashes);
      below = perfectRoot(hashes);
    }
  }

  readonly #filled: number[] = [];
  #tilesFilled(level: number): number {
    const index = this.#filled[level] ?? 0;
    this.#filled[level] = index + 1;
    return index;
  }

  async #readGroup(index: number): Promise<Group | undefined> {
    const bundle = await this.#readBundle(index);
    const from = Math.max(index * tileWidth - this.#task.required, 0);
    const to = Math.max((index + 1) * tileWidth - this.#task.required, 0);
    const pending = this.#task.pending.slice(from, to).map(({ leaf }) => leaf);
    const ofFile = bundle === undefined ? undefined : bundle.map(leafHash);
    const hashes = await this.#judge(index, ofFile);
    if (hashes === undefined) return undefined;
    const group = {
      index,
      entries: [...(bundle ?? hashes.map(() => new Uint8Array())), ...pending],
      hashes: [...hashes, ...pending.map(leafHash)],
    };
    await this.#checkBundles(group);
    return group;
  }

  /** The entries of the bundle that must be there, undefined when it cannot be read. */
  async #readBundle(index: number): Promise<Uint8Array[] | undefined> {
    const tile = tileAt('entries', index, this.#task.required);
    if (tile === undefined) return [];
    const path = this.#present('entries', index);
    const bytes = path === undefined ? undefined : await this.#context.read(path, bundleSizeBytesMax);
    if (bytes === undefined) this.#context.report(formatTilePath(tile), 'missing');
    return bytes && parseBundle(bytes)?.slice(0, tile.width);
  }

  /** The file of a tile that must be there: of the width that the required size gives it, or full. */
  #present(level: number | 'entries', index: number): string | undefined {
    const tile = tileAt(level, index, this.#task.required);
    if (tile === undefined) return undefined;
    const files = this.#tiles.get(`${level}/${index}`) ?? [];
    const paths = [formatTilePath(tile), formatTilePath({ ...tile, width: tileWidth })];
    return paths.find((path) => files.includes(path));
  }

  /** The true hashes of the entries in the files, undefined when nothing tells them. */
  async #judge(index: number, ofBundle: readonly Hash[] | undefined): Promise<readonly Hash[] | undefined> {
    const tile = tileAt(0, index, this.#task.required);
    if (tile === undefined) return [];
    const path = this.#present(0, index) ?? formatTilePath(tile);
    const bytes = await this.#context.read(path, tileSizeBytesMax);
    const ofTile = bytes && splitHashes(bytes.subarray(0, tile.width * hashSizeBytes));
    if (ofBundle?.length === tile.width && ofTile !== undefined && areSame(ofBundle, ofTile)) return ofBundle;
    const ofRoot = await this.#tree?.tile(0, index).catch(() => undefined);
    return ofRoot ?? (ofBundle?.length === tile.width ? ofBundle : ofTile);
  }

  async #checkBundles({ index, hashes }: Group): Promise<void> {
    for (const path of this.#tiles.get(`entries/${index}`) ?? []) {
      const width = parseTilePath(path)?.width ?? 0;
      const bytes = await this.#context.read(path, bundleSizeBytesMax);
      const entries = bytes && parseBundle(bytes, width);
      const wrong = entries?.findIndex(
        (entry, at) => !areEqual(leafHash(entry), hashes[at] ?? new Uint8Array()),
      );
      if (width > hashes.length) continue;
      if (entries === undefined) this.#context.report(path, `not a bundle of ${width} entries`);
      else if (wrong !== -1)
        this.#context.report(path, `entry ${index * tileWidth + (wrong ?? 0)} was changed`);
      this.#context.unexplained.delete(path);
    }
  }

  /** All files of one tile, partial ones of former sizes too, against its hashes. */
  async #checkTiles(level: number, index: number, hashes: readonly Hash[]): Promise<void> {
    const required = tileAt(level, index, this.#task.required);
    if (required !== undefined && this.#present(level, index) === undefined)
      this.#context.report(formatTilePath(required), 'missing');
    for (const path of this.#tiles.get(`${level}/${index}`) ?? []) {
      const width = parseTilePath(path)?.width ?? 0;
      if (width > hashes.length) continue;
      const bytes = await this.#context.read(path, tileSizeBytesMax);
      if (bytes === undefined || !areEqual(bytes, joinHashes(hashes.slice(0, width))))
        this.#context.report(
          path,
          `not the hashes of the ${width} ${level === 0 ? 'entries' : 'tiles'} below`,
        );
      this.#context.unexplained.delete(path);
    }
  }
}

function areSame(left: readonly Hash[], right: readonly Hash[]): boolean {
  return (
    left.length === right.length && left.every((hash, at) => areEqual(hash, right[at] ?? new Uint8Array()))
  );
}

/** Paths of tiles and bundles by level and index, of all widths. */
function groupTiles(paths: Iterable<string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const tile = parseTilePath(path);
    if (tile === undefined) continue;
    const name = `${tile.level}/${tile.index}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [path]);
    else group.push(path);
  }
  return groups;
}

/** Where the packs of each group end, ascending. */
function groupPacks(paths: Iterable<string>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const path of paths) {
    const pack = parsePackPath(path);
    if (pack !== undefined) groups.set(pack.group, [...(groups.get(pack.group) ?? []), pack.end]);
  }
  for (const ends of groups.values()) ends.sort((left, right) => left - right);
  return groups;
}

/** Undefined when an entry could not be read. */
function digestHeadsOf({ entries, hashes }: Group): Uint8Array | undefined {
  const heads = entries.map((entry) => parseLeaf(entry)?.payloadDigest.subarray(0, digestHeadSizeBytes));
  return heads.length === hashes.length && heads.every((head) => head !== undefined)
    ? new Uint8Array(Buffer.concat(heads))
    : undefined;
}
