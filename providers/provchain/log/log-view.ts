/**
 * The log as one checkpoint shows it: entries and payloads, each checked on its way in against the tree behind the
 * checkpoint. What was read stays true, since a log only grows; so a view is never invalid, only old.
 */
import { sha256 } from '../../../model';
import { bundleSizeBytesMax, parseBundle } from '../formats/bundle';
import type { TreeHead } from '../formats/checkpoint';
import { type Leaf, parseLeaf } from '../formats/leaf';
import { damaged } from '../storage/damage';
import { packFolder } from '../storage/layout';
import { packsBackwards, readGroupPayloads } from '../storage/packs';
import type { LogSource } from '../storage/storage';
import { formatTilePath, type Tile, tileAt, tileWidth } from '../tree/tile';
import { areEqual, type Hash, leafHash } from '../tree/tree';
import { type ReadFile, readUncheckedEdge, type TileCache, VerifiedTree } from '../tree/verified-tree';
import { type Edge, fillsGroup } from './extend';

export class LogView {
  readonly tree: VerifiedTree;
  readonly #read: ReadFile;

  constructor(head: TreeHead, source: LogSource, cache?: TileCache) {
    this.#read = (path, sizeBytesMax) => source.read(path, sizeBytesMax);
    this.tree = new VerifiedTree(head, this.#read, cache);
  }

  get size(): number {
    return this.tree.size;
  }

  /** The entries of one bundle. @throws NexusError `ledger-damaged` when one is not the entry of its tile */
  async bundle(group: number): Promise<readonly Uint8Array[]> {
    const tile = tileAt('entries', group, this.size);
    if (tile === undefined) return [];
    const [entries, hashes] = await Promise.all([readBundle(tile, this.#read), this.tree.tile(0, group)]);
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
    const offset = index % tileWidth;
    for await (const { path, first, payloads } of this.#packs(Math.floor(index / tileWidth))) {
      if (first > offset) continue;
      const payload = payloads[offset - first];
      if (payload !== undefined && areEqual(sha256(payload), leaf.payloadDigest)) return payload;
      throw damaged(path, `the payload of entry ${index} is not the one that the log names`);
    }
    throw damaged(packFolder(Math.floor(index / tileWidth)), `no pack holds the payload of entry ${index}`);
  }

  #packs(group: number): ReturnType<typeof packsBackwards> {
    return packsBackwards(this.#read, group, Math.min(tileWidth, this.size - group * tileWidth));
  }

  /** The payloads of a whole group in their order. */
  async payloads(group: number): Promise<readonly Uint8Array[]> {
    const parts: (readonly Uint8Array[])[] = [];
    for await (const { payloads } of this.#packs(group)) parts.unshift(payloads);
    return parts.flat();
  }

  /**
   * What the next commit builds on, for that many more entries.
   * @throws NexusError `ledger-damaged` when tiles and bundle do not fit the root
   */
  async edge(count: number): Promise<Edge> {
    const hashes = await this.tree.edge();
    const isBundlePartial = this.size % tileWidth !== 0;
    const entries = isBundlePartial ? await this.bundle(Math.floor(this.size / tileWidth)) : [];
    return addPayloads({ size: this.size, hashes, entries, payloads: undefined }, count, this.#read);
  }
}

/** The payloads at the edge, when that many more entries fill its group. */
export async function addPayloads(edge: Edge, count: number, read: ReadFile): Promise<Edge> {
  if (edge.payloads !== undefined || !fillsGroup(edge.size, count)) return edge;
  const payloads = await readGroupPayloads(read, Math.floor(edge.size / tileWidth), edge.size % tileWidth);
  return { ...edge, payloads };
}

export function readLeaf(entry: Uint8Array, index: number): Leaf {
  const leaf = parseLeaf(entry);
  if (leaf !== undefined) return leaf;
  throw damaged('tile/entries', `entry ${index} is not a DSSE leaf`);
}

/**
 * The edge of a log whose root is not known yet, for that many more entries; who extends it compares the root after
 * with what it must be.
 */
export async function readUncheckedLogEdge(source: LogSource, size: number, count: number): Promise<Edge> {
  const read: ReadFile = (path, sizeBytesMax) => source.read(path, sizeBytesMax);
  const hashes = await readUncheckedEdge(size, read);
  const tile = tileAt('entries', Math.floor(size / tileWidth), size);
  const entries = tile === undefined ? [] : checkEntries(tile, await readBundle(tile, read), hashes[0] ?? []);
  return addPayloads({ size, hashes, entries, payloads: undefined }, count, read);
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
async function readBundle(tile: Tile, read: ReadFile): Promise<Uint8Array[]> {
  const path = formatTilePath(tile);
  const bytes = await read(path, bundleSizeBytesMax);
  const full =
    bytes === undefined
      ? await read(formatTilePath({ ...tile, width: tileWidth }), bundleSizeBytesMax)
      : undefined;
  if (bytes === undefined && full === undefined) throw damaged(path, 'missing');
  const entries =
    bytes === undefined
      ? parseBundle(full ?? new Uint8Array())?.slice(0, tile.width)
      : parseBundle(bytes, tile.width);
  if (entries?.length !== tile.width) throw damaged(path, `not a bundle of ${tile.width} entries`);
  return entries;
}
