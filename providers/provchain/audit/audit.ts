/**
 * The audit: rebuilds the log from its entries and compares every file of the folder with what it must be. Nothing is
 * believed but the log's public key: the entries give the hashes, the hashes the tiles and the root, and the root must
 * be the one that the log has signed. So one flipped bit in any file is found, and the file is named.
 *
 * What the audit cannot see: a log that was replaced as a whole by whoever has the log's key, or set back to an
 * older state that was once true. Against those stand checkpoints kept elsewhere (docs/provchain.md).
 *
 * A folder is also sound right after a crash, with a last commit that is not published yet; its entries count as
 * pending. Other processes may append meanwhile: an audit that found something while the head moved is repeated.
 */
import { NexusError } from '../../../model';
import type { Checkpoint, TreeHead } from '../formats/checkpoint';
import { type NoteVerifier, noteSizeBytesMax, parseVerifierKey } from '../formats/note';
import type { Policy } from '../formats/policy';
import { type FollowedKey, followLogKey } from '../keys/log-key';
import { type LastCommit, readCheckpoint, readLastCommit } from '../log/settle';
import { isDamage } from '../storage/damage';
import { diskFiles } from '../storage/files';
import { readFlushed } from '../storage/flush';
import { FolderStorage } from '../storage/folder-storage';
import { formatHead } from '../storage/head';
import { checkpointFile, commitFile, commitsFolder, flushedFile, parsePackPath } from '../storage/layout';
import type { LedgerStorage } from '../storage/storage';
import { parseTilePath, tileWidth } from '../tree/tile';
import { areEqual, type Hash } from '../tree/tree';
import { checkPolicy } from '../witness/quorum';
import { IndexAudit } from './audit-index';
import { type AuditedGroup, AuditLog, type AuditTask } from './audit-log';
import { type Looker, LookWorker, lookHere, workerCountOf } from './quick-look';

/** A file that is not what it must be. */
export interface AuditFinding {
  /** Path below the ledger's folder. */
  readonly file: string;
  readonly problem: string;
}

export interface AuditReport {
  readonly origin: string;
  /** Number of entries of the published checkpoint, 0 when that cannot be read. */
  readonly size: number;
  /** Root of the published checkpoint in hex, undefined when it cannot be read. */
  readonly root: string | undefined;
  /** Entries committed and safe, but not in the checkpoint yet. */
  readonly pendingCount: number;
  /** Entries whose payload and signature were checked. */
  readonly recordCount: number;
  readonly fileCount: number;
  /** Empty when all held. */
  readonly findings: readonly AuditFinding[];
  /** Files of appends that were interrupted; harmless, and removed by the next opening or an hour later. */
  readonly leftovers: readonly string[];
  /** How the log leads from the given key to its key of today. @default the given key has signed everything */
  readonly followed?: FollowedKey | undefined;
}

/** What the audit is at: it lists the files, rebuilds the log from its entries, compares the indexes with it. */
export type AuditPhase = 'files' | 'entries';

export interface AuditOptions {
  /**
   * Also check each record's signature; without it only that of the checkpoint. Signatures take by far the most time,
   * about a tenth of a millisecond each.
   * @default true
   */
  readonly signatures?: boolean | undefined;
  /** Witnesses that must have cosigned the checkpoint. @default none */
  readonly policy?: Policy | undefined;
  /**
   * Told how much of a phase is done, and of how much. A phase may begin again, when others append meanwhile.
   * @default nobody is told
   */
  readonly onProgress?: ((phase: AuditPhase, count: number, total: number) => void) | undefined;
  /** Stops with its reason. @default never */
  readonly signal?: AbortSignal | undefined;
  /** Threads beside this one. @default one for each processor, none for a small log */
  readonly workerCount?: number | undefined;
}

/**
 * With a key that the log has replaced since, the audit is made with the one that the log leads to.
 * @param verifierKey the line of the log's `.pub` file. @throws NexusError `no-ledger`, `bad-verifier-key`
 */
export async function auditLedger(
  folder: string,
  verifierKey: string,
  options: AuditOptions = {},
): Promise<AuditReport> {
  const random = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);
  const storage = new FolderStorage(diskFiles(folder), { clock: () => 0, random });
  const { signatures: withSignatures = true } = options;
  const startLookers = (groupCount: number): Looker[] => {
    const length = options.workerCount ?? workerCountOf(groupCount);
    return Array.from({ length }, () => new LookWorker({ folder, withSignatures }));
  };
  const log = parseVerifierKey(verifierKey.trimEnd());
  return auditFollowing(storage, log, options, startLookers);
}

async function auditFollowing(
  storage: LedgerStorage,
  log: NoteVerifier,
  options: AuditOptions,
  startLookers: StartLookers,
): Promise<AuditReport> {
  const report = await auditRepeatedly(storage, log, options, startLookers);
  const isKeyInDoubt = report.findings.some(({ file }) => /^(checkpoint|commits\b)/.test(file));
  const followed = isKeyInDoubt ? await tryFollow(storage, log, options) : undefined;
  if (followed === undefined) return report;
  return { ...(await auditRepeatedly(storage, followed.verifier, options, startLookers)), followed };
}

/** Undefined where no rotation leads from the key to the checkpoint: then the first audit has said what is wrong. */
async function tryFollow(
  storage: LedgerStorage,
  log: NoteVerifier,
  { signal }: AuditOptions,
): Promise<FollowedKey | undefined> {
  try {
    const note = await storage.read(checkpointFile, noteSizeBytesMax);
    const followed = note && (await followLogKey(storage, log, note, { signal }));
    if (followed === undefined) return undefined;
    return followed.rotations.length === 0 ? undefined : followed;
  } catch (error) {
    if (error instanceof NexusError) return undefined;
    throw error;
  }
}

/** {@link auditLedger} over any storage, in this thread. */
export async function auditStorage(
  storage: LedgerStorage,
  log: NoteVerifier,
  options: AuditOptions = {},
): Promise<AuditReport> {
  return auditFollowing(storage, log, options, () => []);
}

/** Threads to look at so many full groups; none for this thread to do it. */
type StartLookers = (groupCount: number) => readonly Looker[];

const attemptsMax = 5;

async function auditRepeatedly(
  storage: LedgerStorage,
  log: NoteVerifier,
  options: AuditOptions,
  startLookers: StartLookers,
): Promise<AuditReport> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await headName(storage);
    const report = await new Audit(storage, log, options, startLookers).run();
    const isStill = (await headName(storage)) === before;
    if (report.findings.length === 0 || isStill || attempt === attemptsMax) return report;
  }
}

async function headName(storage: LedgerStorage): Promise<string | undefined> {
  return storage.readHead().then(formatHead, () => undefined);
}

class Audit {
  readonly #findings: AuditFinding[] = [];
  /** Files that nothing has explained yet. */
  #unexplained = new Set<string>();

  constructor(
    private readonly storage: LedgerStorage,
    private readonly log: NoteVerifier,
    private readonly options: AuditOptions,
    private readonly startLookers: StartLookers,
  ) {}

  async run(): Promise<AuditReport> {
    this.options.onProgress?.('files', 0, 0);
    const { files, leftovers, findings, fileCount } = await this.storage.inspect();
    this.options.onProgress?.('files', fileCount, fileCount);
    this.#unexplained = new Set(files);
    this.#findings.push(...findings);
    const checkpoint = await this.#attempt(() => readCheckpoint(this.storage, this.log));
    if (checkpoint !== undefined) this.#checkWitnesses(checkpoint);
    const flushed = await this.#attempt(() => readFlushed(this.storage, this.log));
    if (flushed === undefined && !this.storage.isPlacedLasting && this.#findings.length === 0)
      this.#report(flushedFile, 'missing');
    for (const file of [checkpointFile, flushedFile]) this.#unexplained.delete(file);
    const last = await this.#attempt(() => readLastCommit(this.storage, this.log));
    const task = this.#task(checkpoint, last);
    const recordCount = await this.#checkLog(task, checkpoint, last, flushed);
    this.#reportStrays(checkpoint, last);
    return {
      origin: this.log.name,
      size: checkpoint?.size ?? 0,
      root: checkpoint && Buffer.from(checkpoint.root).toString('hex'),
      pendingCount: task.size - (checkpoint?.size ?? task.size),
      recordCount,
      fileCount,
      findings: this.#findings,
      leftovers,
    };
  }

  #reportStrays(checkpoint: Checkpoint | undefined, last: LastCommit | undefined): void {
    // Without any head nothing can be told about files that nothing explains; without the last commit, about its own.
    if (checkpoint === undefined && last === undefined) return;
    for (const file of this.#unexplained)
      if (last !== undefined || (parseTilePath(file) ?? parsePackPath(file)) === undefined)
        this.#report(file, 'stray, nothing in the log explains it');
  }

  #report(file: string, problem: string): void {
    this.#findings.push({ file, problem });
  }

  async #attempt<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const [, file = '', problem = ''] = /"([^"]*)": (.*)$/s.exec(error.message) ?? [];
      this.#report(file, problem);
      return undefined;
    }
  }

  #checkWitnesses({ note }: Checkpoint): void {
    const { policy } = this.options;
    try {
      if (policy !== undefined) checkPolicy(Buffer.from(note), policy, this.log);
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
      this.#report(checkpointFile, error.message);
    }
  }

  /** How far the files must reach, and which entries stand in the last commit only. */
  #task(checkpoint: Checkpoint | undefined, last: LastCommit | undefined): AuditTask {
    const published = checkpoint?.size ?? last?.commit.base.size ?? 0;
    if (last === undefined || last.head.size <= published)
      return { required: published, size: published, pending: [] };
    const required = Math.max(published, last.commit.base.size);
    return {
      required,
      size: last.head.size,
      pending: last.commit.records.slice(required - last.commit.base.size),
    };
  }

  async #checkLog(
    task: AuditTask,
    checkpoint: Checkpoint | undefined,
    last: LastCommit | undefined,
    flushed: Checkpoint | undefined,
  ): Promise<number> {
    const heads = [checkpoint, last?.commit.tree].filter((head) => head !== undefined);
    const trusted = heads.find(({ size }) => size === task.required);
    const sizes = [...heads, flushed ?? []].flat().map(({ size }) => size);
    const { recordCount, roots } = await this.#rebuild(task, trusted, sizes);
    if (checkpoint !== undefined) this.#checkRoot(checkpointFile, checkpoint, roots);
    if (flushed !== undefined) this.#checkRoot(flushedFile, flushed, roots);
    if (last !== undefined) this.#checkRoot(commitFile(last.head.id), last.commit.tree, roots);
    if (checkpoint !== undefined && last !== undefined && last.head.size < checkpoint.size)
      this.#report(commitsFolder, `the head is behind the checkpoint, which has size ${checkpoint.size}`);
    return recordCount;
  }

  async #rebuild(
    task: AuditTask,
    trusted: TreeHead | undefined,
    sizes: readonly number[],
  ): Promise<{ recordCount: number; roots: ReadonlyMap<number, Hash> }> {
    const { signatures: withSignatures = true, onProgress, signal } = this.options;
    const started = this.startLookers(Math.floor(task.required / tileWidth));
    const here = lookHere((path, sizeBytesMax) => this.storage.read(path, sizeBytesMax), withSignatures);
    const shared = {
      read: (path: string, sizeBytesMax: number) =>
        this.storage.read(path, sizeBytesMax).catch(() => undefined),
      unexplained: this.#unexplained,
      report: (file: string, problem: string) => this.#report(file, problem),
      withSignatures,
      lookers: started.length > 0 ? started : [here],
    };
    const index = new IndexAudit(shared);
    const context = {
      ...shared,
      onGroup: async (group: AuditedGroup, roots: ReadonlyMap<number, Hash>) => {
        await index.add(group, roots);
        onProgress?.('entries', group.index * tileWidth + group.count, task.size);
        signal?.throwIfAborted();
      },
    };
    try {
      const log = new AuditLog(context, task, trusted, [...sizes, ...index.sizes]);
      const roots = await log.run();
      return { recordCount: log.recordCount, roots };
    } finally {
      await Promise.all(started.map((looker) => looker.close()));
    }
  }

  #checkRoot(
    file: string,
    head: { size: number; root: Uint8Array },
    roots: ReadonlyMap<number, Uint8Array>,
  ): void {
    const root = roots.get(head.size);
    // Without a root the log could not be read so far, which is reported where it broke off.
    if (root === undefined || areEqual(root, head.root)) return;
    this.#report(file, `its root is not that of the ${head.size} entries that are there`);
  }
}
