/**
 * Checks any log that is published as tiles, whoever wrote it, with its verifier key alone. Two layouts are known:
 *
 *     c2sp     checkpoint   tile/<level>/<index>     tile/entries/<index>     https://c2sp.org/tlog-tiles
 *     sumdb    latest       tile/8/<level>/<index>   tile/8/data/<index>      Go's checksum database
 *
 * Whole, every entry is hashed and compared with its tile, and every tile with the hash in the tile above it, up to the
 * root that the log has signed; so the root is rebuilt from the entries. By sample, the edge of the tree gives the root,
 * and entries that chance picks are proved up to it. A log may be hostile: files are bounded in size where they are read,
 * their number by the size that the log's key has signed, and the time by their number.
 */
import { NexusError, quote } from '../../../model';
import { bundleSizeBytesMax, parseBundle } from '../formats/bundle';
import { type Checkpoint, parseCheckpointText } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax, openNote, parseNote, withReplaced } from '../formats/note';
import type { Policy } from '../formats/policy';
import { type FollowedKey, followLogKey, isOtherKey } from '../keys/log-key';
import { damaged, findingOf, isDamage } from '../storage/damage';
import { checkpointFile } from '../storage/layout';
import type { LogSource } from '../storage/storage';
import { makeInclusionProof, verifyInclusion } from '../tree/proof';
import { formatTilePath, type Tile, tileAt, tileSizeBytesMax, tileWidth } from '../tree/tile';
import { areEqual, leafHash } from '../tree/tree';
import { VerifiedTree } from '../tree/verified-tree';
import { checkPolicy } from '../witness/quorum';
import { parseRecordData, recordDataSizeBytesMax } from './sumdb-data';

export type LogLayout = 'c2sp' | 'sumdb';

export interface TiledLogOptions {
  /** Keys of which one must have signed. Empty where the policy names the log. */
  readonly verifiers: readonly NoteVerifier[];
  /** Witnesses that must have cosigned. @default none */
  readonly policy?: Policy | undefined;
  /** The checkpoint's first line, where it is not the key's name. @default the key's name */
  readonly origin?: string | undefined;
  /** Checks that many entries by chance, in place of all. @default all */
  readonly sampleCount?: number | undefined;
  /** A checkpoint that was seen before: the log must extend it. @default none */
  readonly since?: Uint8Array | undefined;
  /** Takes the tiles' word for the entries, where a log gives out none. @default false */
  readonly hashesOnly?: boolean | undefined;
  /** For all of it. @default two minutes, and a second for each file that is needed */
  readonly timeMsMax?: number | undefined;
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** After each bundle: how many entries are done. @default nobody is told */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @default never */
  readonly signal?: AbortSignal | undefined;
}

export interface TiledLogReport {
  readonly layout: LogLayout;
  readonly checkpoint: Checkpoint;
  /** Names of the keys that signed it, witnesses of the policy too. */
  readonly signedBy: readonly string[];
  /** How the log leads from a given key to the one that signed; undefined when a given one did. */
  readonly followed: FollowedKey | undefined;
  /** Entries that were checked: all of them, or the sample. */
  readonly entryCount: number;
  readonly isSample: boolean;
  /** Size of the older checkpoint that the log extends, when one was given. */
  readonly since: number | undefined;
  /** What does not hold; empty when all does. At most {@link findingCountMax}. */
  readonly findings: readonly { readonly file: string; readonly problem: string }[];
}

export const findingCountMax = 20;
/** A larger log is checked by sample only: who signs a size of 2^53 would keep us reading for ever. */
export const wholeSizeMax = 2 ** 26;
const groupsAtOnce = 4;
const goOrigin = 'go.sum database tree';
const startTimeMs = 120_000;
/** How long a file may take on average. */
const fileTimeMs = 1000;
/** A bundle and its tile; for an entry of a sample the tiles above too. */
const filesOfGroup = 2;
const filesOfSampled = 8;
const timerMsMax = 2 ** 31 - 1;

/**
 * @throws NexusError `no-log` when there is none, `bad-note`, `bad-checkpoint`, `policy-unmet` when its head cannot be
 * trusted, `other-key`, `log-too-large`, `log-too-slow`
 */
export async function verifyTiledLog(source: LogSource, options: TiledLogOptions): Promise<TiledLogReport> {
  const head = await readHeadNote(source);
  const { checkpoint, signedBy, followed } = await openHeadFollowing(source, head.note, options);
  const { size } = checkpoint;
  const { sampleCount } = options;
  if (sampleCount === undefined && size > wholeSizeMax) throw tooLarge(size);
  const layout = await findLayout(source, size, head.layout);
  // What was seen before may be signed by any key on the way.
  const keys = followed === undefined ? [] : withReplaced(followed.verifier);
  const verifiers = [...options.verifiers, ...keys];
  const check = new TiledLogCheck(source, layout, checkpoint, { ...options, verifiers });
  await check.run();
  return {
    layout,
    checkpoint,
    signedBy,
    followed,
    entryCount: check.entryCount,
    isSample: sampleCount !== undefined && sampleCount < size,
    since: check.sinceSize,
    findings: check.findings,
  };
}

function timeMsMaxOf(size: number, sampleCount: number | undefined): number {
  const fileCount =
    sampleCount === undefined ? Math.ceil(size / tileWidth) * filesOfGroup : sampleCount * filesOfSampled;
  return Math.min(startTimeMs + fileCount * fileTimeMs, timerMsMax);
}

async function readHeadNote(source: LogSource): Promise<{ note: Uint8Array; layout: LogLayout }> {
  for (const [layout, path] of [
    ['c2sp', checkpointFile],
    ['sumdb', 'latest'],
  ] as const) {
    const note = await source.read(path, noteSizeBytesMax);
    if (note !== undefined) return { note, layout };
  }
  throw new NexusError('no-log', 'Cannot read a log: neither "checkpoint" nor "latest" is there', {
    hint: 'Name the folder or the URL that has the log\'s "checkpoint", as https://c2sp.org/tlog-tiles lays it out.',
  });
}

interface OpenedHead {
  readonly checkpoint: Checkpoint;
  readonly signedBy: readonly string[];
  readonly followed?: FollowedKey;
}

/** With a key that the log has replaced since, as a log of ours says it (log-key.ts). */
async function openHeadFollowing(
  source: LogSource,
  note: Uint8Array,
  options: TiledLogOptions,
): Promise<OpenedHead> {
  try {
    return openHead(note, options);
  } catch (error) {
    const pinned = options.verifiers.find(({ name }) => name === originOf(note));
    if (!isOtherKey(error) || pinned === undefined) throw error;
    const { signal } = options;
    const followed = await followLogKey(source, pinned, note, { signal }).catch((reason: unknown) => {
      throw isDamage(reason) ? error : reason;
    });
    return { ...openHead(note, { ...options, verifiers: [followed.verifier] }), followed };
  }
}

function originOf(note: Uint8Array): string {
  return parseCheckpointText(parseNote(note).text).origin;
}

function openHead(note: Uint8Array, { verifiers, policy, origin }: TiledLogOptions): OpenedHead {
  if (policy === undefined) return openForeign(note, verifiers, origin);
  const { checkpoint, witnessedBy } = checkPolicy(note, policy, verifiers[0]);
  return { checkpoint, signedBy: [checkpoint.origin, ...witnessedBy.map(({ name }) => name)] };
}

/** A checkpoint by one of several keys, whose origin is the key's name, the one that is expected, or Go's. */
function openForeign(
  bytes: Uint8Array,
  verifiers: readonly NoteVerifier[],
  expected: string | undefined,
): OpenedHead {
  const { text, verifiedBy } = openNote(bytes, verifiers);
  const signedBy = verifiedBy.map(({ name }) => name);
  const checkpoint = parseCheckpointText(text);
  const origins = expected === undefined ? [...signedBy, goOrigin] : [expected];
  if (origins.includes(checkpoint.origin))
    return { checkpoint: { ...checkpoint, note: Buffer.from(bytes).toString('utf8') }, signedBy };
  const names = (expected === undefined ? signedBy : [expected]).map(quote).join(' or ');
  throw new NexusError(
    'bad-checkpoint',
    `Cannot read a checkpoint: its origin is ${quote(checkpoint.origin)}, expected ${names}`,
    { hint: 'One key may sign for several logs: name the one that you mean with --origin.' },
  );
}

/** Some logs have a checkpoint and Go's tiles: the first tile tells. */
async function findLayout(source: LogSource, size: number, byHead: LogLayout): Promise<LogLayout> {
  const tile = tileAt(0, 0, size);
  if (tile === undefined) return byHead;
  for (const layout of ['c2sp', 'sumdb'] as const)
    for (const width of new Set([tile.width, tileWidth]))
      if (await source.read(pathIn(layout, formatTilePath({ ...tile, width })), tileSizeBytesMax))
        return layout;
  return byHead;
}

/** Where a layout has a file that tlog-tiles names so. */
function pathIn(layout: LogLayout, path: string): string {
  return layout === 'c2sp' ? path : path.replace(/^tile\//, 'tile/8/').replace('/entries/', '/data/');
}

class TiledLogCheck {
  readonly findings: { file: string; problem: string }[] = [];
  entryCount = 0;
  sinceSize: number | undefined;
  readonly #source: LogSource;
  readonly #layout: LogLayout;
  readonly #head: Checkpoint;
  readonly #options: TiledLogOptions;
  readonly #tree: VerifiedTree;
  readonly #signal: AbortSignal;

  constructor(source: LogSource, layout: LogLayout, head: Checkpoint, options: TiledLogOptions) {
    this.#source = source;
    this.#layout = layout;
    this.#head = head;
    this.#options = options;
    this.#tree = new VerifiedTree(head, (path, sizeBytesMax) => this.#read(path, sizeBytesMax));
    const late = AbortSignal.timeout(options.timeMsMax ?? timeMsMaxOf(head.size, options.sampleCount));
    this.#signal = options.signal === undefined ? late : AbortSignal.any([options.signal, late]);
  }

  async #read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> {
    this.#checkTime();
    return this.#source.read(pathIn(this.#layout, path), sizeBytesMax);
  }

  #checkTime(): void {
    this.#options.signal?.throwIfAborted();
    if (this.#signal.aborted)
      throw new NexusError(
        'log-too-slow',
        `Cannot check the log of ${this.#head.size.toLocaleString('en-US')} entries: its files come too slowly, ${this.entryCount.toLocaleString('en-US')} were checked`,
        { hint: 'Check fewer entries with --sample N, or a copy of the log.' },
      );
  }

  async run(): Promise<void> {
    await this.#attempt(async () => this.#checkSince());
    const isEdgeSound = await this.#attempt(async () => {
      await this.#tree.edge();
    });
    if (!isEdgeSound) return;
    const { sampleCount } = this.#options;
    if (sampleCount === undefined || sampleCount >= this.#head.size) await this.#checkAll();
    else await this.#checkSample(sampleCount);
  }

  /** False when a finding came of it. @throws what is no damage */
  async #attempt(check: () => Promise<void>): Promise<boolean> {
    try {
      await check();
      return true;
    } catch (error) {
      if (!isDamage(error) && !isAnswerWrong(error)) throw error;
      if (this.findings.length < findingCountMax) this.findings.push(findingOf(error));
      return false;
    }
  }

  /** That the log begins with the one of the older checkpoint. */
  async #checkSince(): Promise<void> {
    const { since, verifiers, policy } = this.#options;
    if (since === undefined) return;
    const keys =
      policy === undefined ? verifiers : [...verifiers, ...policy.logs.map(({ verifier }) => verifier)];
    const old = openForeign(since, keys, this.#head.origin).checkpoint;
    this.sinceSize = old.size;
    if (old.size > this.#head.size)
      throw damaged(checkpointFile, `set back to size ${this.#head.size}, but it had ${old.size}`);
    if (!areEqual(await this.#tree.rootAt(old.size), old.root))
      throw damaged(checkpointFile, `its log does not begin with the ${old.size} entries that were there`);
  }

  async #checkAll(): Promise<void> {
    const groupCount = Math.ceil(this.#head.size / tileWidth);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < groupCount && this.findings.length < findingCountMax) {
        const group = next;
        next += 1;
        await this.#attempt(() => this.#checkGroup(group));
        this.#options.onProgress?.(this.entryCount, this.#head.size);
      }
    };
    await Promise.all(Array.from({ length: groupsAtOnce }, worker));
  }

  async #checkGroup(group: number): Promise<void> {
    const hashes = await this.#tree.tile(0, group);
    const tile = tileAt('entries', group, this.#head.size);
    if (tile !== undefined && this.#options.hashesOnly !== true) {
      const entries = await this.#readEntries(tile);
      const wrong = entries.findIndex((entry, at) => !isHashOf(hashes[at], entry));
      if (wrong >= 0) throw this.#changed(tile, wrong);
    }
    this.entryCount += hashes.length;
  }

  async #checkSample(count: number): Promise<void> {
    const { size } = this.#head;
    const last = size - 1;
    for (let at = 0; at < count && this.findings.length < findingCountMax; at += 1) {
      const index = at === 0 ? last : Math.min(Math.floor(this.#options.chance() * size), last);
      await this.#attempt(() => this.#checkEntry(index));
      this.#options.onProgress?.(at + 1, count);
    }
  }

  async #checkEntry(index: number): Promise<void> {
    const { size, root } = this.#head;
    const group = Math.floor(index / tileWidth);
    const leaf = (await this.#tree.tile(0, group))[index % tileWidth] ?? new Uint8Array();
    const proof = await makeInclusionProof(index, size, this.#tree.nodes);
    const tile = tileAt('entries', group, size);
    if (!verifyInclusion({ index, size, root, leaf, proof }))
      throw damaged('tile', `entry ${index} is not in the tree`);
    if (tile !== undefined && this.#options.hashesOnly !== true) {
      const entry = (await this.#readEntries(tile))[index % tileWidth];
      if (entry === undefined || !isHashOf(leaf, entry)) throw this.#changed(tile, index % tileWidth);
    }
    this.entryCount += 1;
  }

  #changed(tile: Tile, at: number): NexusError {
    const path = pathIn(this.#layout, formatTilePath(tile));
    return damaged(path, `entry ${tile.index * tileWidth + at} is not the one that the log has signed`);
  }

  /** As many entries as the tile is wide; a full bundle serves for a partial one. */
  async #readEntries(tile: Tile): Promise<readonly Uint8Array[]> {
    const path = formatTilePath(tile);
    const [limit, parse] =
      this.#layout === 'c2sp'
        ? ([bundleSizeBytesMax, (bytes: Uint8Array) => parseBundle(bytes)] as const)
        : ([
            recordDataSizeBytesMax,
            (bytes: Uint8Array) => parseRecordData(bytes, tile.index * tileWidth),
          ] as const);
    const bytes =
      (await this.#read(path, limit)) ??
      (await this.#read(formatTilePath({ ...tile, width: tileWidth }), limit));
    if (bytes === undefined) throw damaged(pathIn(this.#layout, path), 'missing');
    const entries = parse(bytes);
    if (entries === undefined || entries.length < tile.width)
      throw damaged(pathIn(this.#layout, path), `not a bundle of ${tile.width} entries`);
    return entries.slice(0, tile.width);
  }
}

const isHashOf = (hash: Uint8Array | undefined, entry: Uint8Array): boolean =>
  hash !== undefined && areEqual(leafHash(entry), hash);

/** An answer over HTTP that is larger than the file can be. */
function isAnswerWrong(error: unknown): error is NexusError {
  return error instanceof NexusError && error.code === 'bad-answer';
}

function tooLarge(size: number): NexusError {
  return new NexusError(
    'log-too-large',
    `Cannot check all ${size.toLocaleString('en-US')} entries of the log: at most ${wholeSizeMax.toLocaleString('en-US')} are checked one by one`,
    { hint: 'Check entries that chance picks with --sample N, for instance --sample 1000.' },
  );
}
