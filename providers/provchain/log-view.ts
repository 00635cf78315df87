/**
 * The log as one checkpoint shows it: entries and payloads, each checked on its way in against the tree behind the
 * checkpoint. What was read stays true, since a log only grows; so a view is never invalid, only old.
 */
import { sha256 } from '../../model';
import { bundleSizeBytesMax, parseBundle, parsePack } from './bundle';
import type { TreeHead } from './checkpoint';
import { commitPayloadSizeBytesMax } from './commit';
import { damaged } from './damage';
import type { Edge } from './extend';
import type { LedgerFiles } from './files';
import { formatPackPath, packFolder } from './layout';
import { type Leaf, parseLeaf } from './leaf';
import { formatTilePath, type Tile, tileAt, tileWidth } from './tile';
import { areEqual, type Hash, leafHash } from './tree';
import { readUncheckedEdge, type TileCache, VerifiedTree } from './verified-tree';

/** A pack holds at most a commit's payloads, each with its length. */
export const packSizeBytesMax = commitPayloadSizeBytesMax + 4 * tileWidth;

export class LogView {
  readonly tree: VerifiedTree;
  readonly #files: LedgerFiles;

  constructor(head: TreeHead, files: LedgerFiles, cache?: TileCache) {
    this.tree = new VerifiedTree(head, files.read, cache);
    this.#files = files;
  }

  get size(): number {
    return this.tree.size;
  }

  /** The entries of one bundle. @throws NexusError `ledger-damaged` when one is not the entry of its tile */
  async bundle(group: number): Promise<readonly Uint8Array[]> {
    const tile = tileAt('entries', group, this.size);
    if (tile === undefined) return [];
    const [entries, hashes] = await Promise.all([readBundle(tile, this.#files), this.tree.tile(0, group)]);
    return checkEntries(tile, entries, hashes);
  }

  /** One entry. */
  async leaf(index: number): Promise<Leaf> {
    const entries = await this.bundle(Math.floor(index / tileWidth));
    const entry = entries[index % tileWidth];
    if (entry === undefined) throw new RangeError(`No entry ${index} in a log of ${this.size}`);
    return readLeaf(entry, index);
  }

  /** The payload that a leaf speaks of. @throws NexusError `ledger-damaged` when it is missing or another */
  async payload(index: number, leaf: Leaf): Promise<Uint8Array> {
    const group = Math.floor(index / tileWidth);
    const offset = index % tileWidth;
    const first = (await this.#packStarts(group)).findLast((start) => start <= offset);
    if (first === undefined) throw damaged(packFolder(group), `no pack holds the payload of entry ${index}`);
    const path = formatPackPath({ group, first });
    const payload = (await this.#pack(path))[offset - first];
    if (payload !== undefined && areEqual(sha256(payload), leaf.payloadDigest)) return payload;
    throw damaged(path, `the payload of entry ${index} is not the one that the log names`);
  }

  async #packStarts(group: number): Promise<number[]> {
    const names = (await this.#files.list(packFolder(group))) ?? [];
    return names
      .filter((name) => /^\d{1,3}$/.test(name))
      .map(Number)
      .sort((left, right) => left - right);
  }

  async #pack(path: string): Promise<readonly Uint8Array[]> {
    const bytes = (await this.#files.read(path, packSizeBytesMax)) ?? new Uint8Array();
    const payloads = parsePack(bytes);
    if (payloads === undefined) throw damaged(path, 'not a sequence of payloads');
    return payloads;
  }

  /** The payloads of a whole group, one file each time. */
  async *payloads(group: number): AsyncGenerator<Uint8Array> {
    for (const first of await this.#packStarts(group))
      yield* await this.#pack(formatPackPath({ group, first }));
  }

  /** What the next commit builds on. @throws NexusError `ledger-damaged` when tiles and bundle do not fit the root */
  async edge(): Promise<Edge> {
    const hashes = await this.tree.edge();
    const isBundlePartial = this.size % tileWidth !== 0;
    const entries = isBundlePartial ? await this.bundle(Math.floor(this.size / tileWidth)) : [];
    return { size: this.size, hashes, entries };
  }
}

export function readLeaf(entry: Uint8Array, index: number): Leaf {
  const leaf = parseLeaf(entry);
  if (leaf !== undefined) return leaf;
  throw damaged('tile/entries', `entry ${index} is not a DSSE leaf`);
}

/** The edge of a log whose root is not known yet; who extends it compares the root after with what it must be. */
export async function readUncheckedLogEdge(files: LedgerFiles, size: number): Promise<Edge> {
  const hashes = await readUncheckedEdge(size, files.read);
  const tile = tileAt('entries', Math.floor(size / tileWidth), size);
  const entries =
    tile === undefined ? [] : checkEntries(tile, await readBundle(tile, files), hashes[0] ?? []);
  return { size, hashes, entries };
}

function checkEntries(
  tile: Tile,
  entries: readonly Uint8Array[],
  hashes: readonly Hash[],
): readonly Uint8Array[] {
  const wrong = entries.findIndex((entry, at) => !areEqual(leafHash(entry), hashes[at] ?? new Uint8Array()));
  if (wrong < 0) return entries;
  throw damaged(
    formatTilePath(tile),
    `entry ${tile.index * tileWidth + wrong} does not have the hash in its tile`,
  );
}

/** The entries of a bundle as the file has them. A full bundle serves for the partial one. */
async function readBundle(tile: Tile, files: LedgerFiles): Promise<Uint8Array[]> {
  const path = formatTilePath(tile);
  const bytes = await files.read(path, bundleSizeBytesMax);
  const full =
    bytes === undefined
      ? await files.read(formatTilePath({ ...tile, width: tileWidth }), bundleSizeBytesMax)
      : undefined;
  if (bytes === undefined && full === undefined) throw damaged(path, 'missing');
  const entries =
    bytes === undefined
      ? parseBundle(full ?? new Uint8Array())?.slice(0, tile.width)
      : parseBundle(bytes, tile.width);
  if (entries?.length !== tile.width) throw damaged(path, `not a bundle of ${tile.width} entries`);
  return entries;
}
