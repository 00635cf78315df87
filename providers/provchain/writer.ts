/**
 * Appending. Requests that come while a commit is under way wait, and go together into the next one. A commit is built
 * on the published head, and becomes the head by one rename (head.ts, settle.ts); who comes second builds anew on what
 * the first one left, after a short random pause. Some writer always wins, so the log as a whole never stands still.
 *
 * The writer keeps nothing in memory that a failure could make wrong: each attempt begins with reading the head, the
 * checkpoint, the tiles at the edge and the last bundle, and checking them against each other. So it never extends a
 * log that was edited, and after an fsync that failed there is nothing to reload.
 */
import { type Cid, NexusError } from '../../model';
import {
  type Commit,
  commitPayloadSizeBytesMax,
  commitRecordCountMax,
  formatCommit,
  type LoggedRecord,
} from './commit';
import { type Extension, extendLog } from './extend';
import { advanceHead, areHeadsEqual, type Head, readHead } from './head';
import { commitFile, headFolder } from './layout';
import { cidOfLeaf, type Leaf } from './leaf';
import { LogView } from './log-view';
import { RecordIndex } from './record-index';
import { finish, placeFiles, settle, type WriterContext } from './settle';
import { areEqual, type Hash } from './tree';
import { TileCache } from './verified-tree';

/** What an append gives back once the record cannot be lost any more. */
export interface Receipt {
  /** The record's name. */
  readonly cid: Cid;
  /** Its place in the log, from 0. */
  readonly index: number;
  /** Number of entries of a published checkpoint that has the record. */
  readonly size: number;
}

export interface AppendOptions {
  /**
   * When the log already has this statement signed by this key, give back the receipt of that entry.
   * @default false
   */
  readonly once?: boolean;
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

export class LedgerWriter {
  readonly #context: WriterContext;
  readonly #index: RecordIndex;
  readonly #cache = new TileCache();
  #waiting: Request[] = [];
  #isRunning = false;

  constructor(context: WriterContext, index: RecordIndex = new RecordIndex()) {
    this.#context = context;
    this.#index = index;
  }

  append(record: AcceptedRecord, { once = false, signal }: AppendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, isOnce: once, signal, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
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
    }
    this.#isRunning = false;
  }

  #takeBatch(): Request[] {
    let sizeBytes = 0;
    const isOver = ({ record }: Request, at: number): boolean => {
      sizeBytes += record.payload.length;
      return at > 0 && (at >= commitRecordCountMax || sizeBytes > commitPayloadSizeBytesMax);
    };
    const end = this.#waiting.findIndex(isOver);
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
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
    const { head, commit } = await settle(this.#context);
    const view = new LogView(commit.tree, this.#context.files, this.#cache);
    const { known, fresh } = await this.#place(open, view);
    resolveAll(
      known.filter(({ index }) => index < view.size),
      view.size,
    );
    const records = fresh.map(({ request }) => request.record);
    if (records.length === 0) return [];
    const extension = extendLog(await view.edge(), records);
    if (!(await this.#commit(head, extension, records)))
      return open.filter((request) => !isIn(known, request, view.size));
    resolveAll([...fresh, ...known.filter(({ index }) => index >= view.size)], extension.size);
    return [];
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

  /** True when the records are in the log and published, false when another commit came first and nothing was done. */
  async #commit(base: Head, extension: Extension, records: readonly LoggedRecord[]): Promise<boolean> {
    const { random, log } = this.#context;
    const { size, root } = extension;
    const nonce = Buffer.from(random(16)).toString('hex');
    const commit: Commit = { base, tree: { size, root }, nonce, records };
    const { id, bytes } = formatCommit(commit, log);
    const head = { size, id };
    if (!(await this.#propose(base, head, root, bytes))) return false;
    await this.#publish({ head, commit }, extension);
    return true;
  }

  /** Steps 1 and 2 of settle.ts. */
  async #propose(base: Head, head: Head, root: Hash, bytes: Uint8Array): Promise<boolean> {
    const { files } = this.#context;
    const path = commitFile(head.id);
    try {
      await placeFiles(this.#context, [{ path, bytes }]);
      if (await advanceHead(files, base, head)) return true;
    } catch (error) {
      if (await this.#isDone(base, head, root, error)) return true;
      await files.remove(path).catch(() => undefined);
      throw error;
    }
    await files.remove(path).catch(() => undefined);
    return false;
  }

  /** Whether a rename that reported an error happened all the same. */
  async #isDone(base: Head, head: Head, root: Hash, error: unknown): Promise<boolean> {
    try {
      const now = await readHead(this.#context.files);
      if (areHeadsEqual(now, head)) return true;
      if (areHeadsEqual(now, base)) return false;
      // The head has moved on: over our commit, or over another.
      const { commit } = await settle(this.#context);
      if (commit.tree.size < head.size) return false;
      return areEqual(await new LogView(commit.tree, this.#context.files).tree.rootAt(head.size), root);
    } catch {
      throw asUncertain(error);
    }
  }

  async #publish(last: { head: Head; commit: Commit }, extension: Extension): Promise<void> {
    const { files } = this.#context;
    await files.syncFolder(headFolder).catch((error: unknown) => {
      throw asUncertain(error);
    });
    try {
      await finish(this.#context, last, extension);
      if (!areHeadsEqual(await readHead(files), last.head)) await settle(this.#context);
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

/** The batch may be in the log, or not. */
function asUncertain(error: unknown): NexusError {
  return new NexusError(
    'append-uncertain',
    `Cannot tell whether the ledger has the record: ${reasonOf(error)}`,
    {
      hint: repeatHint,
      cause: error,
    },
  );
}

/** The batch is in the log to last, but the checkpoint does not show it yet. */
function asUnpublished(error: unknown): NexusError {
  return new NexusError(
    'append-unpublished',
    `Cannot publish the ledger's checkpoint: ${reasonOf(error)}; the record is safe, and the next one to open the ledger publishes it`,
    {
      hint: repeatHint,
      cause: error,
    },
  );
}
