/**
 * The log's own key over its rotations (rotate-key.ts): who kept an old `log.pub` is led to the key that signs the
 * checkpoints now, wherever the log is read from, and who has the new one learns which keys stood before it.
 *
 * The checkpoint cannot be believed yet, so what the log shows is read under the root that it claims. That suffices:
 * each rotation is signed by the key before it, the last key has signed the claimed root, and every entry was checked
 * against that root. So either all of it is from who had the pinned key, or it does not close. Until then a hostile log
 * could make us read: its size and the time are bounded.
 */
import { isKind, NexusError, parseStatement, sha256 } from '../../../model';
import { type Checkpoint, openCheckpoint, parseCheckpointText } from '../formats/checkpoint';
import { verifyEnvelope } from '../formats/dsse';
import { type NoteVerifier, otherKeyCode, parseNote } from '../formats/note';
import type { Policy } from '../formats/policy';
import { Succession } from '../judgement/succession';
import { LogView, readLeaf } from '../log/log-view';
import type { LogSource } from '../storage/storage';
import { tileWidth } from '../tree/tile';
import { checkPolicy } from '../witness/quorum';

export interface FollowedKey {
  /** The key that signed the checkpoint, with those that it replaced. */
  readonly verifier: NoteVerifier;
  /** Indices of the records that replaced a key, in order. */
  readonly rotations: readonly number[];
}

export interface FollowOptions {
  /** For all of it. @default ten minutes */
  readonly timeMsMax?: number;
  /** Stops with its reason. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Entries of a log whose key is followed: who claims more is not read to the end. */
export const followedSizeMax = 2 ** 26;
const followTimeMsMax = 600_000;
const groupsAtOnce = 4;

/**
 * From a pinned key to the one that signed a checkpoint.
 * @param note the checkpoint, which only the key that is looked for can vouch for
 * @throws NexusError `ledger-damaged`, `other-key`, `bad-note`, `bad-checkpoint`, `log-too-large`, `log-too-slow` when the
 * log does not lead from the pinned key to it
 */
export async function followLogKey(
  source: LogSource,
  pinned: NoteVerifier,
  note: Uint8Array,
  options: FollowOptions = {},
): Promise<FollowedKey> {
  const claimed = parseCheckpointText(parseNote(note).text);
  if (claimed.size > followedSizeMax) throw tooLarge(claimed.size);
  const succession = new Succession('log', hexOf(pinned.publicKey));
  const view = new LogView(claimed, bounded(source, claimed.size, options));
  for await (const _ of takeKeys(view, succession)) if (isSignedByLast(note, pinned, succession)) break;
  const { verifier, rotations } = lastOf(succession, pinned);
  openCheckpoint(note, verifier);
  return { verifier, rotations };
}

function lastOf(succession: Succession, pinned: NoteVerifier): FollowedKey {
  const reigns = succession.reigns();
  const [current = pinned, ...replaces] = reigns
    .map(({ key }) => ({ name: pinned.name, publicKey: new Uint8Array(Buffer.from(key, 'hex')) }))
    .reverse();
  return { verifier: { ...current, replaces }, rotations: reigns.flatMap(({ end }) => end?.index ?? []) };
}

/** What comes after need not be read: that key was the log's when it signed. */
function isSignedByLast(note: Uint8Array, pinned: NoteVerifier, succession: Succession): boolean {
  const { name, publicKey } = lastOf(succession, pinned).verifier;
  try {
    openCheckpoint(note, { name, publicKey });
    return true;
  } catch {
    return false;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What every record about keys has in its bytes; the others need not be parsed. */
const mark = '/provchain/key/v1"';

/** Shows the succession what speaks of keys, and stops after each group in which something did. */
async function* takeKeys(view: LogView, succession: Succession): AsyncGenerator<void> {
  const groupCount = Math.ceil(view.size / tileWidth);
  for (let first = 0; first < groupCount; first += groupsAtOnce) {
    const length = Math.min(groupsAtOnce, groupCount - first);
    const groups = await Promise.all(Array.from({ length }, (_, at) => readGroup(view, first + at)));
    for (const [at, group] of groups.entries())
      if (takeGroup((first + at) * tileWidth, group, succession)) yield;
  }
}

/** A source that ends when it takes too long. */
function bounded(source: LogSource, size: number, options: FollowOptions): LogSource {
  const { timeMsMax = followTimeMsMax, signal } = options;
  const late = AbortSignal.timeout(timeMsMax);
  return {
    read: async (path, sizeBytesMax) => {
      signal?.throwIfAborted();
      if (late.aborted) throw tooSlow(size);
      return source.read(path, sizeBytesMax);
    },
  };
}

interface Group {
  readonly entries: readonly Uint8Array[];
  readonly payloads: readonly Uint8Array[];
}

async function readGroup(view: LogView, group: number): Promise<Group> {
  const [entries, payloads] = await Promise.all([view.bundle(group), view.payloads(group)]);
  return { entries, payloads };
}

/** Whether something in it speaks of keys. */
function takeGroup(first: number, { entries, payloads }: Group, succession: Succession): boolean {
  let isTaken = false;
  for (const [at, payload] of payloads.entries()) {
    const entry = entries[at];
    if (entry === undefined || !Buffer.from(payload).includes(mark)) continue;
    const index = first + at;
    const { signature, publicKey, payloadDigest } = readLeaf(entry, index);
    const isLogged = Buffer.compare(sha256(payload), payloadDigest) === 0;
    if (!isLogged || !verifyEnvelope({ payload, signature }, publicKey)) continue;
    const statement = parseStatement(payload);
    if (!isKind(statement, 'key')) continue;
    const signer = hexOf(publicKey);
    succession.takeSigner(signer, index);
    succession.takeKey({ index, signer, statement: statement.predicate });
    isTaken = true;
  }
  return isTaken;
}

function tooLarge(size: number): NexusError {
  return new NexusError(
    'log-too-large',
    `Cannot follow the log's key: its checkpoint claims ${size} entries, expected at most ${followedSizeMax}`,
    { hint: 'Get its newest log.pub over a way that you trust.' },
  );
}

function tooSlow(size: number): NexusError {
  return new NexusError(
    'log-too-slow',
    `Cannot follow the log's key: the files of its ${size} entries come too slowly`,
    { hint: 'Get its newest log.pub over a way that you trust.' },
  );
}

/** What a reader holds a log to: a key, which follows the log's rotations, and witnesses. */
export class LogTrust {
  readonly #source: LogSource;
  readonly #policy: Policy | undefined;
  #verifier: NoteVerifier;

  constructor(source: LogSource, pinned: NoteVerifier, policy?: Policy | undefined) {
    this.#source = source;
    this.#policy = policy;
    this.#verifier = pinned;
  }

  /** The key that signed the newest checkpoint that was opened; the pinned one before that. */
  get verifier(): NoteVerifier {
    return this.#verifier;
  }

  /** @throws NexusError `other-key`, `bad-note`, `bad-checkpoint`; `policy-unmet` */
  async open(bytes: Uint8Array): Promise<Checkpoint> {
    const checkpoint = await this.#openFollowing(bytes);
    // A log without entries says nothing, and nobody cosigns that.
    if (this.#policy !== undefined && checkpoint.size > 0) checkPolicy(bytes, this.#policy, this.#verifier);
    return checkpoint;
  }

  async #openFollowing(bytes: Uint8Array): Promise<Checkpoint> {
    try {
      return openCheckpoint(bytes, this.#verifier);
    } catch (error) {
      if (!isOtherKey(error)) throw error;
      const { name, publicKey } = (await this.#follow(bytes, error)).verifier;
      // What the keys before signed last is older than this.
      this.#verifier = { name, publicKey };
      return openCheckpoint(bytes, this.#verifier);
    }
  }

  /** A log that does not lead on is one of another key. */
  async #follow(bytes: Uint8Array, reason: NexusError): Promise<FollowedKey> {
    try {
      return await followLogKey(this.#source, this.#verifier, bytes);
    } catch (error) {
      if (error instanceof NexusError && error.code === 'log-unreachable') throw error;
      throw reason;
    }
  }
}

/** Whether a note was not opened because another key of that name has signed it. */
export function isOtherKey(error: unknown): error is NexusError {
  return error instanceof NexusError && error.code === otherKeyCode;
}
