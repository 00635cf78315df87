/**
 * The part of the audit (audit.ts) that walks the log: group after group of 256 entries, from the bundles to the
 * hashes, the tiles above and the root; and for each entry its payload and its signature. Reads each file once, and
 * holds one group at a time.
 *
 * Where a bundle and its tile contradict each other one of them is wrong. The tile is right when it leads to the
 * checkpoint's root; then the bundle is named. Else the tile is named, and the entries are believed until the root
 * shows whether they were right.
 */
import { sha256 } from '../../model';
import { bundleSizeBytesMax, parseBundle, parsePack } from './bundle';
import type { TreeHead } from './checkpoint';
import type { LoggedRecord } from './commit';
import { verifyEnvelope } from './dsse';
import type { LedgerFiles } from './files';
import { formatPackPath, packFolder, parsePackPath } from './layout';
import { type Leaf, parseLeaf } from './leaf';
import { packSizeBytesMax } from './log-view';
import {
  formatTilePath,
  joinHashes,
  parseTilePath,
  splitHashes,
  tileAt,
  tileSizeBytesMax,
  tileWidth,
} from './tile';
import { areEqual, type Hash, hashSizeBytes, leafHash, perfectRoot } from './tree';
import { rootOfEdge, VerifiedTree } from './verified-tree';

export interface AuditTask {
  /** Number of entries that must stand in the files. */
  readonly required: number;
  /** Number of entries altogether. */
  readonly size: number;
  /** The entries from `required` on. */
  readonly pending: readonly LoggedRecord[];
}

export interface AuditContext {
  readonly files: LedgerFiles;
  /** Paths that nothing explained so far; what is checked is taken out. */
  readonly unexplained: Set<string>;
  readonly report: (file: string, problem: string) => void;
  readonly withSignatures: boolean;
}

/** The entries of a group as far as they could be read, and the hashes that were found to be true. */
interface Group {
  readonly index: number;
  readonly entries: readonly Uint8Array[];
  readonly hashes: readonly Hash[];
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

  /** @param trusted the signed tree of the required size, when there is one */
  constructor(context: AuditContext, task: AuditTask, trusted: TreeHead | undefined) {
    this.#context = context;
    this.#task = task;
    this.#tree = trusted && new VerifiedTree(trusted, context.files.read);
    this.#tiles = groupTiles(context.unexplained);
    this.#packs = groupPacks(context.unexplained);
  }

  /** Checks all, and gives the roots that the log had at these sizes, as far as it can be read. */
  async run(sizes: readonly number[]): Promise<ReadonlyMap<number, Hash>> {
    this.#takeRoots(sizes, 0, []);
    for (let index = 0; index * tileWidth < this.#task.size; index += 1) {
      const group = await this.#readGroup(index);
      if (group === undefined) return this.#roots;
      await this.#checkPacks(group);
      await this.#checkTiles(0, index, group.hashes);
      this.#takeRoots(sizes, index, group.hashes);
      await this.#carry(group.hashes);
      this.#takeRoots(sizes, index + 1, []);
    }
    for (const [level, hashes] of this.#levels.entries())
      if (level > 0 && hashes.length > 0) await this.#checkTiles(level, this.#tilesBefore(level), hashes);
    return this.#roots;
  }

  #tilesBefore(level: number): number {
    return Math.floor(this.#task.size / tileWidth ** (level + 1));
  }

  /** The roots at the sizes that end within a group, of which these are the hashes so far. */
  #takeRoots(sizes: readonly number[], group: number, hashes: readonly Hash[]): void {
    for (const size of sizes) {
      const count = size - group * tileWidth;
      if (count >= 0 && count <= hashes.length && count < tileWidth && !this.#roots.has(size))
        this.#roots.set(size, rootOfEdge([hashes.slice(0, count), ...this.#levels.slice(1)]));
    }
  }

  /** Adds the root of a full tile to the level above, and so on upwards. */
  async #carry(hashes: readonly Hash[]): Promise<void> {
    let full = hashes;
    for (let level = 1; full.length === tileWidth; level += 1) {
      const above = this.#levels[level] ?? [];
      above.push(perfectRoot(full));
      this.#levels[level] = above;
      full = above;
      if (above.length < tileWidth) return;
      const group = this.#tilesFilled(level);
      await this.#checkTiles(level, group, above);
      this.#levels[level] = [];
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
    const path = this.#present('entries', index) ?? '';
    const bytes = await this.#read(path, bundleSizeBytesMax);
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
    const bytes = await this.#read(path, tileSizeBytesMax);
    const ofTile = bytes && splitHashes(bytes.subarray(0, tile.width * hashSizeBytes));
    if (ofBundle?.length === tile.width && ofTile !== undefined && areSame(ofBundle, ofTile)) return ofBundle;
    const ofRoot = await this.#tree?.tile(0, index).catch(() => undefined);
    return ofRoot ?? (ofBundle?.length === tile.width ? ofBundle : ofTile);
  }

  async #checkBundles({ index, hashes }: Group): Promise<void> {
    for (const path of this.#tiles.get(`entries/${index}`) ?? []) {
      const width = parseTilePath(path)?.width ?? 0;
      const bytes = await this.#read(path, bundleSizeBytesMax);
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
      const bytes = await this.#read(path, tileSizeBytesMax);
      if (bytes === undefined || !areEqual(bytes, joinHashes(hashes.slice(0, width))))
        this.#context.report(
          path,
          `not the hashes of the ${width} ${level === 0 ? 'entries' : 'tiles'} below`,
        );
      this.#context.unexplained.delete(path);
    }
  }

  /** The payloads of a group: every entry has one, in packs that follow each other without a gap. */
  async #checkPacks(group: Group): Promise<void> {
    let count: number | undefined = 0;
    for (const first of this.#packs.get(group.index) ?? []) {
      const path = formatPackPath({ group: group.index, first });
      if (count !== undefined && first < count)
        this.#context.report(path, `begins at ${first}, but the pack before it ends at ${count}`);
      this.#reportGap(group.index, count, first);
      const length = await this.#checkPack(group, first, path);
      count = length === undefined ? undefined : first + length;
    }
    this.#reportGap(group.index, count, Math.min(tileWidth, this.#task.required - group.index * tileWidth));
  }

  /** Gives the number of payloads; of a pack that cannot be read it is not known, and no gap behind it is reported. */
  async #checkPack(group: Group, first: number, path: string): Promise<number | undefined> {
    const bytes = await this.#read(path, packSizeBytesMax);
    const payloads = bytes && parsePack(bytes);
    if (payloads === undefined) this.#context.report(path, 'not a sequence of payloads');
    for (const [at, payload] of payloads?.entries() ?? [])
      this.#checkPayload(group, first + at, payload, path);
    this.#context.unexplained.delete(path);
    return payloads?.length;
  }

  /** A pack is missing, or the one before it was cut short; its folder is all that can be named. */
  #reportGap(group: number, from: number | undefined, to: number): void {
    if (from === undefined || from >= to) return;
    const first = group * tileWidth;
    this.#context.report(packFolder(group), `no payload for entries ${first + from} to ${first + to - 1}`);
  }

  #checkPayload({ index, entries, hashes }: Group, at: number, payload: Uint8Array, path: string): void {
    const entry = entries[at];
    const number = index * tileWidth + at;
    const { report } = this.#context;
    if (entry === undefined) report(path, `a payload for entry ${number}, which does not exist`);
    // An entry that is not the logged one was reported with its bundle.
    if (entry === undefined || !areEqual(leafHash(entry), hashes[at] ?? new Uint8Array())) return;
    const leaf = parseLeaf(entry);
    if (leaf === undefined) report('tile/entries', `entry ${number} is not a DSSE leaf`);
    else this.#checkRecord(number, leaf, payload, path);
  }

  #checkRecord(number: number, leaf: Leaf, payload: Uint8Array, path: string): void {
    const { report, withSignatures } = this.#context;
    const { payloadDigest, signature, publicKey } = leaf;
    this.recordCount += 1;
    if (!areEqual(sha256(payload), payloadDigest)) report(path, `the payload of entry ${number} was changed`);
    else if (withSignatures && !verifyEnvelope({ payload, signature }, publicKey))
      report('tile/entries', `entry ${number} has a wrong signature`);
  }

  /** A file of a bounded size; a larger one is reported as what it is, a wrong file. */
  async #read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> {
    if (path === '') return undefined;
    return this.#context.files.read(path, sizeBytesMax).catch(() => undefined);
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

/** Where the packs of each group begin. */
function groupPacks(paths: Iterable<string>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const path of paths) {
    const pack = parsePackPath(path);
    if (pack === undefined) continue;
    const firsts = [...(groups.get(pack.group) ?? []), pack.first];
    groups.set(
      pack.group,
      firsts.sort((left, right) => left - right),
    );
  }
  return groups;
}
