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
import { AuditLog, type AuditTask } from './audit-log';
import type { Checkpoint } from './checkpoint';
import { isDamage } from './damage';
import { diskFiles, type LedgerFiles } from './files';
import { formatHead, headFile, noLedger, readHead } from './head';
import { checkpointFile, commitFile, commitsFolder, headFolder, temporaryFolder } from './layout';
import { type NoteVerifier, parseVerifierKey } from './note';
import { type LastCommit, readCheckpoint, readLastCommit } from './settle';
import { areEqual } from './tree';

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
}

export interface AuditOptions {
  /** Also check each record's signature; without it only that of the checkpoint. @default true */
  readonly signatures?: boolean;
}

/** @param verifierKey the line of the log's `.pub` file. @throws NexusError `no-ledger`, `bad-verifier-key` */
export async function auditLedger(
  folder: string,
  verifierKey: string,
  options: AuditOptions = {},
): Promise<AuditReport> {
  return auditFiles(diskFiles(folder), parseVerifierKey(verifierKey.trimEnd()), options);
}

const attemptsMax = 5;

/** {@link auditLedger} over any files. */
export async function auditFiles(
  files: LedgerFiles,
  log: NoteVerifier,
  { signatures = true }: AuditOptions = {},
): Promise<AuditReport> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await headName(files);
    const report = await new Audit(files, log, signatures).run();
    const isStill = (await headName(files)) === before;
    if (report.findings.length === 0 || isStill || attempt === attemptsMax) return report;
  }
}

async function headName(files: LedgerFiles): Promise<string | undefined> {
  return readHead(files).then(formatHead, () => undefined);
}

class Audit {
  readonly #findings: AuditFinding[] = [];
  /** Files that nothing has explained yet. */
  #unexplained = new Set<string>();

  constructor(
    private readonly files: LedgerFiles,
    private readonly log: NoteVerifier,
    private readonly withSignatures: boolean,
  ) {}

  async run(): Promise<AuditReport> {
    const paths = await this.files.walk();
    if (paths.length === 0) throw noLedger();
    this.#unexplained = new Set(paths);
    const checkpoint = await this.#attempt(() => readCheckpoint(this.files, this.log));
    this.#unexplained.delete(checkpointFile);
    const last = await this.#attempt(() => readLastCommit(this.files, this.log));
    await this.#checkHead();
    const task = this.#task(checkpoint, last);
    const recordCount = await this.#checkLog(task, checkpoint, last);
    // Without any head nothing can be told about the other files.
    if (checkpoint === undefined && last === undefined) this.#unexplained.clear();
    const leftovers = this.#sortRest();
    return {
      origin: this.log.name,
      size: checkpoint?.size ?? 0,
      root: checkpoint && Buffer.from(checkpoint.root).toString('hex'),
      pendingCount: task.size - (checkpoint?.size ?? task.size),
      recordCount,
      fileCount: paths.length,
      findings: this.#findings,
      leftovers,
    };
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

  /** One file, and empty: its name is all it says. */
  async #checkHead(): Promise<void> {
    const head = await readHead(this.files).catch(() => undefined);
    if (head === undefined) return;
    const bytes = await this.files.read(headFile(head), 1024).catch(() => undefined);
    if (bytes?.length !== 0) this.#report(headFile(head), 'not empty');
    this.#unexplained.delete(headFile(head));
    this.#unexplained.delete(commitFile(head.id));
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
  ): Promise<number> {
    const heads = [checkpoint, last?.commit.tree].filter((head) => head !== undefined);
    const trusted = heads.find(({ size }) => size === task.required);
    const context = {
      files: this.files,
      unexplained: this.#unexplained,
      report: (file: string, problem: string) => this.#report(file, problem),
      withSignatures: this.withSignatures,
    };
    const log = new AuditLog(context, task, trusted);
    const roots = await log.run(heads.map(({ size }) => size));
    if (checkpoint !== undefined) this.#checkRoot(checkpointFile, checkpoint, roots);
    if (last !== undefined) this.#checkRoot(commitFile(last.head.id), last.commit.tree, roots);
    if (checkpoint !== undefined && last !== undefined && last.head.size < checkpoint.size)
      this.#report(headFile(last.head), `behind the checkpoint, which has size ${checkpoint.size}`);
    return log.recordCount;
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

  /** What is left over harmlessly; all else that nothing explains is reported. */
  #sortRest(): string[] {
    const isDraft = (path: string): boolean =>
      path.startsWith(`${temporaryFolder}/`) || path.startsWith(`${commitsFolder}/`);
    const rest = [...this.#unexplained];
    for (const path of rest.filter((each) => !isDraft(each)))
      this.#report(
        path,
        path.startsWith(`${headFolder}/`) ? 'a second head' : 'stray, nothing in the log explains it',
      );
    return rest.filter(isDraft);
  }
}
