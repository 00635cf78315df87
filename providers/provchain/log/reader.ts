/**
 * Reading the log: the newest checkpoint, records by CID or in their order, and proofs. Each checkpoint must extend the
 * last one that this reader has seen, which the tiles prove; every entry is checked against the checkpoint, every
 * payload against its entry, and every signature against its key.
 */
import { type Cid, digestOfCid, NexusError, parseStatement, type Statement, sha256 } from '../../../model';
import type { Checkpoint } from '../formats/checkpoint';
import { type Envelope, verifyEnvelope } from '../formats/dsse';
import { cidOfLeaf, type Leaf } from '../formats/leaf';
import { type NoteVerifier, noteSizeBytesMax } from '../formats/note';
import type { Policy } from '../formats/policy';
import type { TlogProof } from '../formats/tlog-proof';
import { isOtherKey, LogTrust } from '../keys/log-key';
import { RecordIndex } from '../record-index/record-index';
import { damaged } from '../storage/damage';
import { noLedger } from '../storage/head';
import { checkpointFile, flushedFile, packFolder } from '../storage/layout';
import type { LogSource } from '../storage/storage';
import { makeInclusionProof } from '../tree/proof';
import { tileWidth } from '../tree/tile';
import { areEqual } from '../tree/tree';
import { TileCache } from '../tree/verified-tree';
import { policyUnmetCode } from '../witness/quorum';
import { LogView, readLeaf } from './log-view';

/** A record as the ledger has it, checked. */
export interface LedgerEntry {
  readonly cid: Cid;
  readonly index: number;
  readonly statement: Statement;
  readonly envelope: Envelope;
  /** 32 bytes of the key that signed it. */
  readonly publicKey: Uint8Array;
}

export interface RecordProof extends TlogProof {
  /** Number of entries of the checkpoint. */
  readonly size: number;
}

export interface EntryRange {
  /** @default 0 */
  readonly from?: number;
  /** Not included. @default the size of the log */
  readonly to?: number;
  /** Stops with its reason. @default never */
  readonly signal?: AbortSignal;
}

export interface ReadOptions {
  /** Of records by their digest. @default its own */
  readonly index?: RecordIndex;
  /** Witnesses that must have cosigned each checkpoint. @default none */
  readonly policy?: Policy | undefined;
}

interface Seen {
  readonly checkpoint: Checkpoint;
  readonly view: LogView;
}

export class LedgerReader {
  readonly #source: LogSource;
  /** What its checkpoints are held to; also to open others of this log with. */
  readonly trust: LogTrust;
  readonly #cache = new TileCache();
  readonly #index: RecordIndex;
  #seen: Seen | undefined;

  constructor(source: LogSource, log: NoteVerifier, { index = new RecordIndex(), policy }: ReadOptions = {}) {
    this.#source = source;
    this.trust = new LogTrust(source, log, policy);
    this.#index = index;
  }

  /** The newest checkpoint. @throws NexusError `no-ledger`, `ledger-damaged`, `policy-unmet` */
  async checkpoint(): Promise<Checkpoint> {
    return (await this.#look()).checkpoint;
  }

  async #look(): Promise<Seen> {
    const bytes = await this.#source.read(checkpointFile, noteSizeBytesMax);
    if (bytes === undefined) throw noLedger();
    if (this.#seen !== undefined && Buffer.from(bytes).equals(Buffer.from(this.#seen.checkpoint.note)))
      return this.#seen;
    const checkpoint = await this.#check(bytes);
    const view = new LogView(checkpoint, this.#source, this.#cache);
    if (this.#seen !== undefined && !(await this.#isExtension(this.#seen, view))) return this.#seen;
    this.#seen = { checkpoint, view };
    return this.#seen;
  }

  /** A checkpoint that a power cut has spoiled is written anew by the next writer; meanwhile the last flush's counts. */
  async #check(bytes: Uint8Array): Promise<Checkpoint> {
    try {
      return await this.trust.open(bytes);
    } catch (error) {
      if (isNoDamage(error)) throw error;
      const spoiled = damaged(checkpointFile, error instanceof Error ? error.message : 'unreadable', error);
      // A log that has another key now is not spoiled: what the old key signed last would be old news.
      const flushed = isOtherKey(error) ? undefined : await this.#readFlushed();
      if (flushed === undefined) throw spoiled;
      return flushed;
    }
  }

  async #readFlushed(): Promise<Checkpoint | undefined> {
    const bytes = await this.#source.read(flushedFile, noteSizeBytesMax).catch(() => undefined);
    return bytes && this.trust.open(bytes).catch(() => undefined);
  }

  /**
   * False for an older checkpoint that a slow writer has just put over a newer one (settle.ts); the head tells.
   * @throws NexusError `ledger-damaged` when the log was rewritten or set back
   */
  async #isExtension(seen: Seen, view: LogView): Promise<boolean> {
    const { size, root } = seen.checkpoint;
    if (view.size < size) {
      const head = await this.#source.readHead?.();
      if (head !== undefined && head.size >= size) return false;
      throw damaged(checkpointFile, `set back to size ${view.size}, but it had ${size}`);
    }
    if (areEqual(await view.tree.rootAt(size), root)) return true;
    throw damaged(checkpointFile, `its log does not begin with the ${size} entries that were there`);
  }

  /** The first entry with that CID. @throws NexusError `ledger-damaged` */
  async find(cid: Cid): Promise<LedgerEntry | undefined> {
    const { view } = await this.#look();
    const [index] = await this.#index.find(digestOfCid(cid), view);
    return index === undefined ? undefined : readEntry(view, index);
  }

  /** All entries with that CID, one for each key that has signed it. @throws NexusError `ledger-damaged` */
  async findAll(cid: Cid): Promise<LedgerEntry[]> {
    const { view } = await this.#look();
    const indexes = await this.#index.find(digestOfCid(cid), view);
    return Promise.all(indexes.map((index) => readEntry(view, index)));
  }

  /** Entries in their order, as of the newest checkpoint when it is called. */
  async *entries({ from = 0, to, signal }: EntryRange = {}): AsyncGenerator<LedgerEntry> {
    const { view } = await this.#look();
    const end = Math.min(to ?? view.size, view.size);
    for (let group = Math.floor(from / tileWidth); group * tileWidth < end; group += 1) {
      signal?.throwIfAborted();
      for await (const entry of readGroup(view, group))
        if (entry.index >= from && entry.index < end) yield entry;
    }
  }

  /** The proof that a record is in the log, to be checked offline by `verifyRecord`. */
  async prove(cid: Cid, at?: number): Promise<RecordProof | undefined> {
    const { view, checkpoint } = await this.#look();
    const found = await this.#index.find(digestOfCid(cid), view);
    const index = at === undefined ? found[0] : found.find((each) => each === at);
    if (index === undefined) return undefined;
    const hashes = await makeInclusionProof(index, view.size, view.tree.nodes);
    return { index, size: view.size, hashes, checkpoint: checkpoint.note };
  }
}

/** What says nothing of the checkpoint's bytes: nobody cosigned it yet, or the log's next key could not be looked up. */
function isNoDamage(error: unknown): boolean {
  return error instanceof NexusError && [policyUnmetCode, 'log-unreachable'].includes(error.code);
}

async function readEntry(view: LogView, index: number): Promise<LedgerEntry> {
  const leaf = await view.leaf(index);
  return checkEntry(index, leaf, await view.payload(index, leaf));
}

async function* readGroup(view: LogView, group: number): AsyncGenerator<LedgerEntry> {
  const payloads = await view.payloads(group);
  let index = group * tileWidth;
  for (const entry of await view.bundle(group)) {
    const payload = payloads[index % tileWidth];
    if (payload === undefined) throw damaged(packFolder(group), `no payload for entry ${index}`);
    yield checkEntry(index, readLeaf(entry, index), payload);
    index += 1;
  }
}

/** @throws NexusError `ledger-damaged` when payload, digest and signature do not belong together */
function checkEntry(index: number, leaf: Leaf, payload: Uint8Array): LedgerEntry {
  const { payloadDigest, signature, publicKey } = leaf;
  const envelope = { payload, signature };
  if (!areEqual(sha256(payload), payloadDigest))
    throw damaged(
      packFolder(Math.floor(index / tileWidth)),
      `the payload of entry ${index} is not the one that the log names`,
    );
  if (!verifyEnvelope(envelope, publicKey))
    throw damaged('tile/entries', `entry ${index} has a wrong signature`);
  return { cid: cidOfLeaf(leaf), index, statement: parseStatement(payload), envelope, publicKey };
}
