/**
 * Appending. Requests that come while a commit is under way wait, and go together into the next one. A commit is built
 * on the published head, and becomes the head by one rename (head.ts, settle.ts); who comes second builds anew on what
 * the first one left, after a short random pause. Some writer always wins, so the log as a whole never stands still.
 *
 * The writer keeps nothing in memory that a failure could make wrong: each attempt begins with reading the head and the
 * checkpoint. What it remembers, it remembers by hash: a commit by its id, and the edge of the log by its root. So after
 * an fsync that failed there is nothing to reload, and what another writer has done meanwhile is read and checked.
 *
 * Requests that wait are bounded, in number and in bytes: one above that is refused, `ledger-overloaded`, at once and
 * whole; nothing that was taken is ever dropped.
 */
import { type Cid, NexusError } from '../../../model';
import { cidOfLeaf, type Leaf } from '../formats/leaf';
import { RecordIndex } from '../record-index/record-index';
import {
  baseOfCommit,
  type Commit,
  commitPayloadSizeBytesMax,
  commitRecordCountMax,
  formatCommit,
  type LoggedRecord,
} from '../storage/commit';
import { flush, isFlushDue, retainedCommitCountMax } from '../storage/flush';
import { areHeadsEqual, type Head } from '../storage/head';
import { areEqual, type Hash } from '../tree/tree';
import { TileCache } from '../tree/verified-tree';
import { type Edge, type Extension, extendLog } from './extend';
import { addPayloads, LogView } from './log-view';
import { finish, type LastCommit, notCosignedCode, SettleMemory, settle, type WriterContext } from './settle';

/** What an append gives back once the record cannot be lost any more. */
export interface Receipt {
  /** The record's name. */
  readonly cid: Cid;
  /** Its place in the log, from 0. */
  readonly index: number;
  /** Number of entries of a checkpoint that has the record; it is published, unless that was not waited for. */
  readonly size: number;
}

export interface AppendOptions {
  /**
   * When the log already has this statement signed by this key, give back the receipt of that entry.
   * @default false
   */
  readonly once?: boolean;
  /**
   * Wait until the checkpoint shows the record. Without, the receipt comes when the record cannot be lost any more; the
   * checkpoint follows at once, by this writer or by whoever opens the ledger next.
   * @default true
   */
  readonly published?: boolean;
  /** Gives up waiting. A commit that is under way is still brought to its end. @default never */
  readonly signal?: AbortSignal;
}

/** A record that was checked. */
export interface AcceptedRecord extends LoggedRecord {
  readonly fields: Leaf;
}

interface Request {
  readonly record: AcceptedRecord;
  readonly isOnce: boolean;
  readonly isPublished: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** A request and the index that it has or gets. */
interface Placed {
  readonly request: Request;
  readonly index: number;
}

const backoffMsMax = 64;
/** Bounds of what waits: 64 full commits in number, 4 in bytes. */
export const waitingCountMax = 64 * commitRecordCountMax;
export const waitingSizeBytesMax = 4 * commitPayloadSizeBytesMax;

export class LedgerWriter {
  readonly #context: WriterContext;
  readonly #index: RecordIndex;
  readonly #memory: SettleMemory;
  readonly #cache = new TileCache();
  /** The right side of the log at a root. */
  #edge: { readonly root: Hash; readonly edge: Edge } | undefined;
  #waiting: Request[] = [];
  #waitingSizeBytes = 0;
  #isRunning = false;
  #flushing: Promise<void> | undefined;

  constructor(context: WriterContext, index = new RecordIndex(), memory = new SettleMemory()) {
    this.#context = context;
    this.#index = index;
    this.#memory = memory;
  }

  append(record: AcceptedRecord, options: AppendOptions = {}): Promise<Receipt> {
    const { once = false, published = true, signal } = options;
    const sizeBytes = this.#waitingSizeBytes + record.payload.length;
    if (this.#waiting.length >= waitingCountMax || sizeBytes > waitingSizeBytesMax)
      return Promise.reject(overloaded(this.#waiting.length, this.#waitingSizeBytes));
    this.#waitingSizeBytes = sizeBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, isOnce: once, isPublished: published, signal, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  /** Makes all that was appended last without its commits (flush.ts). Appends may go on meanwhile. */
  flush(): Promise<void> {
    this.#flushing ??= flush(this.#context, this.#memory).finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // All appends of the same turn of the event loop go into the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#append(batch);
      } catch (error) {
        for (const { reject } of batch) reject(asFailed(error));
      }
      await this.#flushIfDue(batch.length);
    }
    this.#isRunning = false;
  }

  /** Beside the appends that follow; should it fail, it is tried again after a later one. */
  async #flushIfDue(addedCount: number): Promise<void> {
    const head = await this.#context.storage.readHead().catch(() => undefined);
    if (head !== undefined && isFlushDue(head, addedCount)) void this.flush().catch(() => undefined);
  }

  #takeBatch(): Request[] {
    let sizeBytes = 0;
    const isOver = ({ record }: Request, at: number): boolean => {
      sizeBytes += record.payload.length;
      return at > 0 && (at >= commitRecordCountMax || sizeBytes > commitPayloadSizeBytesMax);
    };
    const end = this.#waiting.findIndex(isOver);
    const batch = this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
    this.#waitingSizeBytes -= batch.reduce((sum, { record }) => sum + record.payload.length, 0);
    return batch;
  }

  /** Tries until the batch is in the log. Requests are resolved one by one; an error is that of all others. */
  async #append(batch: readonly Request[]): Promise<void> {
    let open = batch;
    for (let attempt = 0; ; attempt += 1) {
      open = open.filter((request) => !rejectIfAborted(request));
      if (open.length === 0) return;
      const lost = await this.#attempt(open);
      if (lost.length === 0) return;
      open = lost;
      await this.#context.sleep(this.#backoffMs(attempt));
    }
  }

  #backoffMs(attempt: number): number {
    const [byte = 0] = this.#context.random(1);
    return (byte / 256) * Math.min(backoffMsMax, 2 ** attempt);
  }

  /** Gives back the requests for which another writer was faster. */
  async #attempt(open: readonly Request[]): Promise<readonly Request[]> {
    if ((await this.#context.storage.readHead()).retainedCount >= retainedCommitCountMax) await this.flush();
    const { head, commit } = await settle(this.#context, this.#memory);
    const view = new LogView(commit.tree, this.#context.storage, this.#cache);
    const { known, fresh } = await this.#place(open, view);
    resolveAll(
      known.filter(({ index }) => index < view.size),
      view.size,
    );
    const records = fresh.map(({ request }) => request.record);
    if (records.length === 0) return [];
    const extension = extendLog(await this.#edgeOf(view, records.length), records);
    const last = await this.#commit(head, extension, records);
    if (last === undefined) return open.filter((request) => !isIn(known, request, view.size));
    const added = [...fresh, ...known.filter(({ index }) => index >= view.size)];
    resolveAll(
      added.filter(({ request }) => !request.isPublished),
      extension.size,
    );
    await this.#publish(last, extension);
    resolveAll(added, extension.size);
    return [];
  }

  async #edgeOf(view: LogView, count: number): Promise<Edge> {
    const known = this.#edge;
    if (known === undefined || known.edge.size !== view.size || !areEqual(known.root, view.tree.root))
      return view.edge(count);
    return addPayloads(known.edge, count, (path, max) => this.#context.storage.read(path, max));
  }

  /** Which requests the log has, and which places the others get; equal ones of a batch share one place. */
  async #place(open: readonly Request[], view: LogView): Promise<{ known: Placed[]; fresh: Placed[] }> {
    const known: Placed[] = [];
    const fresh: Placed[] = [];
    for (const request of open) {
      const index = request.isOnce ? await this.#findEqual(request, view, fresh) : undefined;
      if (index === undefined) fresh.push({ request, index: view.size + fresh.length });
      else known.push({ request, index });
    }
    return { known, fresh };
  }

  async #findEqual(
    { record }: Request,
    view: LogView,
    fresh: readonly Placed[],
  ): Promise<number | undefined> {
    const { payloadDigest, publicKey } = record.fields;
    for (const index of await this.#index.find(payloadDigest, view))
      if (areEqual((await view.leaf(index)).publicKey, publicKey)) return index;
    return fresh.find(({ request }) => areSame(request.record.fields, record.fields))?.index;
  }

  /** The commit, once it lasts; undefined when another one came first and nothing was done. */
  async #commit(
    base: Head,
    { size, root, edge }: Extension,
    records: readonly LoggedRecord[],
  ): Promise<LastCommit | undefined> {
    const { random, log } = this.#context;
    const nonce = Buffer.from(random(16)).toString('hex');
    const commit: Commit = { base, tree: { size, root }, nonce, records };
    const { id, bytes } = formatCommit(commit, log);
    const head = { size, id };
    if (!(await this.#propose(base, head, bytes))) return undefined;
    this.#edge = { root, edge };
    return { head, commit };
  }

  /** Step 1 of settle.ts. */
  async #propose(base: Head, head: Head, bytes: Uint8Array): Promise<boolean> {
    const { storage } = this.#context;
    try {
      return await storage.commit(base, head, bytes);
    } catch (error) {
      if (error instanceof NexusError && error.code === uncertainCode) throw error;
      if (await this.#isDone(base, head, error)) return true;
      await storage.retire({ commits: [head.id], folders: [] }).catch(() => undefined);
      throw error;
    }
  }

  /** Whether a commit that reported an error happened all the same. */
  async #isDone(base: Head, head: Head, error: unknown): Promise<boolean> {
    const { storage } = this.#context;
    try {
      const now = await storage.readHead();
      if (areHeadsEqual(now, base)) return false;
      // The head is ours, or has moved on: over our commit, or over another.
      await storage.confirmHead();
      return areHeadsEqual(now, head) || (await this.#leadsTo(now, base, head));
    } catch {
      throw asUncertain(error);
    }
  }

  /** @throws when the commits between are not kept any more */
  async #leadsTo(now: Head, base: Head, head: Head): Promise<boolean> {
    for (let at = now; at.size > base.size; ) {
      const bytes = await this.#context.storage.readCommit(at.id);
      const before = bytes && baseOfCommit(bytes);
      if (before === undefined) throw new Error(`commit ${at.id} is gone`);
      if (areHeadsEqual(before, head)) return true;
      at = before;
    }
    return false;
  }

  async #publish(last: LastCommit, extension: Extension): Promise<void> {
    try {
      await finish(this.#context, last, extension, this.#memory);
      if (!areHeadsEqual(await this.#context.storage.readHead(), last.head))
        await settle(this.#context, this.#memory);
    } catch (error) {
      throw asUnpublished(error);
    }
  }
}

function rejectIfAborted({ signal, reject }: Request): boolean {
  if (signal?.aborted !== true) return false;
  reject(signal.reason);
  return true;
}

function resolveAll(placed: readonly Placed[], size: number): void {
  for (const { request, index } of placed)
    request.resolve({ cid: cidOfLeaf(request.record.fields), index, size });
}

function isIn(known: readonly Placed[], request: Request, size: number): boolean {
  return known.some((placed) => placed.request === request && placed.index < size);
}

function areSame(left: Leaf, right: Leaf): boolean {
  return areEqual(left.payloadDigest, right.payloadDigest) && areEqual(left.publicKey, right.publicKey);
}

const reasonOf = (error: unknown): string => (error as Partial<Error> | null)?.message ?? String(error);

/** Nothing of the batch is in the log. */
function asFailed(error: unknown): unknown {
  if (error instanceof NexusError) return error;
  return new NexusError(
    'append-failed',
    `Cannot append to the ledger: ${reasonOf(error)}; nothing was added`,
    {
      hint: 'Mend the disk (space, permissions, faults) and repeat.',
      cause: error,
    },
  );
}

const repeatHint =
  'Mend the disk (space, permissions, faults) and repeat with `once`: a record that is there is not added again.';

/** Nothing was taken. */
function overloaded(count: number, sizeBytes: number): NexusError {
  return new NexusError(
    'ledger-overloaded',
    `Cannot append to the ledger: ${count} records with ${sizeBytes} bytes wait for the disk, the most that may; nothing was added`,
    { hint: 'Wait for receipts before appending more, then repeat.' },
  );
}

const uncertainCode = 'append-uncertain';

/** The batch may be in the log, or not. */
function asUncertain(error: unknown): NexusError {
  return new NexusError(uncertainCode, `Cannot tell whether the ledger has the record: ${reasonOf(error)}`, {
    hint: repeatHint,
    cause: error,
  });
}

/** The batch is in the log to last, but the checkpoint does not show it yet. */
function asUnpublished(error: unknown): NexusError {
  const isNotCosigned = error instanceof NexusError && error.code === notCosignedCode;
  const failure = isNotCosigned
    ? error.message
    : `Cannot publish the ledger's checkpoint: ${reasonOf(error)}`;
  return new NexusError(
    'append-unpublished',
    `${failure}; the record is safe, and the next one to open the ledger publishes it`,
    {
      hint: isNotCosigned && error.hint !== undefined ? error.hint : repeatHint,
      cause: error,
    },
  );
}
