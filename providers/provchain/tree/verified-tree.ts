/**
 * The tree behind a checkpoint, read from tiles of which nothing is believed before it is checked. The last tiles of
 * all levels together give the root, which must be the checkpoint's. A full tile's root stands as a hash in the tile
 * above it, so any tile is checked by reading one tile a level on the way up, and no more.
 */
import type { TreeHead } from '../formats/checkpoint';
import { damaged } from '../storage/damage';
import {
  formatTilePath,
  hashCountAt,
  splitHashes,
  type Tile,
  tileAt,
  tileSizeBytesMax,
  tileWidth,
} from './tile';
import {
  areEqual,
  foldSubtrees,
  type Hash,
  hashSizeBytes,
  nodeHash,
  perfectRoot,
  rememberedRoot,
  subtreesOf,
  type TreeNode,
} from './tree';

/** Reads a file of the log, undefined when there is none. */
export type ReadFile = (path: string, sizeBytesMax: number) => Promise<Uint8Array | undefined>;

/** Checked full tiles by path: they hold for every later checkpoint of the same log. */
export class TileCache {
  readonly #tiles = new Map<string, readonly Hash[]>();

  constructor(readonly countMax = 2048) {}

  get(path: string): readonly Hash[] | undefined {
    return this.#tiles.get(path);
  }

  set(path: string, hashes: readonly Hash[]): void {
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size >= this.countMax && oldest !== undefined) this.#tiles.delete(oldest);
    this.#tiles.set(path, hashes);
  }
}

export class VerifiedTree implements TreeHead {
  readonly size: number;
  readonly root: Hash;
  readonly #read: ReadFile;
  readonly #cache: TileCache;
  /** A proof asks for many nodes of one tile at once; it is read once. */
  readonly #reading = new Map<string, Promise<readonly Hash[]>>();
  #edge: Promise<readonly (readonly Hash[])[]> | undefined;

  constructor(head: TreeHead, read: ReadFile, cache: TileCache = new TileCache()) {
    this.size = head.size;
    this.root = head.root;
    this.#read = read;
    this.#cache = cache;
  }

  /** For each level the hashes of its partial tile. @throws NexusError `ledger-damaged` when their root is not ours */
  edge(): Promise<readonly (readonly Hash[])[]> {
    this.#edge ??= this.#readEdge();
    return this.#edge;
  }

  async #readEdge(): Promise<readonly (readonly Hash[])[]> {
    const edge = await readUncheckedEdge(this.size, this.#read);
    if (areEqual(rootOfEdge(edge), this.root)) return edge;
    throw damaged(
      'tile',
      `the last tiles of its levels do not have the checkpoint's root at size ${this.size}`,
    );
  }

  /** The hashes of one tile. @throws NexusError `ledger-damaged` */
  async tile(level: number, index: number): Promise<readonly Hash[]> {
    const tile = tileAt(level, index, this.size);
    if (tile === undefined) throw new RangeError(`No tile ${level}/${index} in a tree of ${this.size}`);
    if (tile.width < tileWidth) return (await this.edge())[level] ?? [];
    return this.#fullTile(tile);
  }

  async #fullTile(tile: Tile): Promise<readonly Hash[]> {
    const path = formatTilePath(tile);
    const known = this.#cache.get(path) ?? this.#reading.get(path);
    if (known !== undefined) return known;
    const reading = this.#readFullTile(tile, path).finally(() => this.#reading.delete(path));
    this.#reading.set(path, reading);
    return reading;
  }

  async #readFullTile(tile: Tile, path: string): Promise<readonly Hash[]> {
    const above = await this.tile(Number(tile.level) + 1, Math.floor(tile.index / tileWidth));
    const hashes = await readTile(tile, this.#read);
    const expected = above[tile.index % tileWidth];
    if (expected === undefined || !areEqual(perfectRoot(hashes), expected))
      throw damaged(path, 'its root is not the hash in the tile above');
    this.#cache.set(path, hashes);
    return hashes;
  }

  /** The hashes of perfect subtrees, in the order asked for. */
  readonly nodes = (nodes: readonly TreeNode[]): Promise<Hash[]> =>
    Promise.all(nodes.map((node) => this.#node(node)));

  async #node({ level, index }: TreeNode): Promise<Hash> {
    const height = level % 8;
    const first = index * 2 ** height;
    const hashes = await this.tile(Math.floor(level / 8), Math.floor(first / tileWidth));
    return subtreeRoots(hashes, height)[(first % tileWidth) / 2 ** height] as Hash;
  }

  /** The root when the log had that many entries. */
  async rootAt(size: number): Promise<Hash> {
    return foldSubtrees(await this.nodes(subtreesOf(0, size)));
  }
}

/** What was made of a tile's hashes, as long as they are in use: many proofs of one plan need the same few. */
const rootsByTile = new WeakMap<readonly Hash[], (readonly Hash[])[]>();

/** The roots of a tile's perfect subtrees of that height, left to right. */
function subtreeRoots(hashes: readonly Hash[], height: number): readonly Hash[] {
  const levels = rootsByTile.get(hashes) ?? [hashes];
  rootsByTile.set(hashes, levels);
  for (let below = levels.at(-1) ?? []; levels.length <= height; below = levels.at(-1) ?? [])
    levels.push(pairs(below).map(([left, right]) => nodeHash(left, right)));
  return levels[height] ?? [];
}

function pairs(hashes: readonly Hash[]): [Hash, Hash][] {
  const count = Math.floor(hashes.length / 2);
  return Array.from({ length: count }, (_, at) => hashes.slice(2 * at, 2 * at + 2) as [Hash, Hash]);
}

/** The partial tiles of a tree of that size, by level; the caller checks them by their root. */
export async function readUncheckedEdge(size: number, read: ReadFile): Promise<readonly (readonly Hash[])[]> {
  const levels: Promise<readonly Hash[]>[] = [];
  for (let level = 0; hashCountAt(level, size) > 0; level += 1) {
    const count = hashCountAt(level, size);
    const tile = { level, index: Math.floor(count / tileWidth), width: count % tileWidth };
    levels.push(tile.width === 0 ? Promise.resolve([]) : readTile(tile, read));
  }
  return Promise.all(levels);
}

/** A tile as it stands in the file, of the right length but unchecked. A full one serves for the partial. */
async function readTile(tile: Tile, read: ReadFile): Promise<readonly Hash[]> {
  const path = formatTilePath(tile);
  const bytes = (await read(path, tileSizeBytesMax)) ?? (await readFull(tile, read));
  if (bytes === undefined) throw damaged(path, 'missing');
  if (bytes.length === tile.width * hashSizeBytes) return splitHashes(bytes);
  throw damaged(path, `${bytes.length} bytes, expected ${tile.width * hashSizeBytes}`);
}

async function readFull(tile: Tile, read: ReadFile): Promise<Uint8Array | undefined> {
  const bytes = await read(formatTilePath({ ...tile, width: tileWidth }), tileSizeBytesMax);
  return bytes?.subarray(0, tile.width * hashSizeBytes);
}

/** The root of the tree whose partial tiles these are, by level. */
export function rootOfEdge(edge: readonly (readonly Hash[])[]): Hash {
  const subtrees = edge.map((hashes) =>
    subtreesOf(0, hashes.length).map(({ level, index }) =>
      rememberedRoot(hashes.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    ),
  );
  return foldSubtrees(subtrees.reverse().flat());
}
