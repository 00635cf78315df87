/**
 * Where a ledger is kept, as the writer, the reader and the audit see it. A folder implements it (folder-storage.ts),
 * a database can, and for reading alone any web server of static files ({@link LogSource}).
 *
 * A ledger has three kinds of data:
 *
 *     the head        which commit is the last: one value, changed by compare-and-swap only
 *     commits         <id> → bytes (commit.ts): each holds all that one append adds, and the head it builds on
 *     derived files   path → bytes, as tlog-tiles names them, and `checkpoint`: all follow from the commits
 *
 * A commit lasts when {@link LedgerStorage.commit} says so. A derived file may be lost in a power cut as long as the
 * commit that it follows from is kept; the writer calls {@link LedgerStorage.place} with `lasting` before it calls
 * {@link LedgerStorage.retire}. The rules that make this sound stand in settle.ts.
 *
 * No operation leaves anything half done that others can see. Each may fail, and then may have happened or not; who
 * calls finds out by reading.
 */
import type { DerivedFile } from '../log/extend';
import type { Head } from './head';

/** The files of a log to be read by path; no folder is ever listed. Layout: layout.ts. */
export interface LogSource {
  /** A whole file, undefined when there is none. @throws NexusError `ledger-damaged` when it is larger */
  read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined>;
  /**
   * The head, when the source knows it besides the checkpoint: then an older checkpoint than one seen before is told
   * apart from a log that was set back. @default the checkpoint is all that there is
   */
  readHead?(): Promise<StoredHead>;
}

/** The head, and how much a power cut would leave to be done again. */
export interface StoredHead extends Head {
  /** About how many commits are kept. */
  readonly retainedCount: number;
}

export interface LedgerStorage extends LogSource {
  /** True when {@link place} makes files last in any case, as a database does: then nothing needs a later flush. */
  readonly isPlacedLasting: boolean;
  /** The head, now or a moment ago. Its commit can be read until the head moves on. @throws NexusError `no-ledger` */
  readHead(): Promise<StoredHead>;
  /** The head that was last read, which another process may have just committed, lasts from now on. */
  confirmHead(): Promise<void>;
  /** The bytes of a commit, undefined when it was retired or never won. */
  readCommit(id: string): Promise<Uint8Array | undefined>;
  /**
   * The commit point: the head becomes `next` if it is `base`, and of several callers with one base exactly one wins.
   * @returns true when it won and lasts, head and bytes; false when another one won, and nothing of this one is left.
   * When it throws either may be the case: the caller reads the head. Code `append-uncertain`: it won, and may not last.
   */
  commit(base: Head, next: Head, bytes: Uint8Array): Promise<boolean>;
  /**
   * Makes or replaces derived files, each seen whole or not at all. What is placed at one path is always the same
   * bytes, except `checkpoint` and `commits/flushed`, so it may be done twice, at once, and in any order.
   * @param lasting whether the files must outlast a power cut when it returns
   */
  place(files: readonly DerivedFile[], lasting: boolean): Promise<void>;
  /**
   * Drops commits, and folders (prefixes of paths) of partial tiles, that nothing needs any more. May be repeated. That
   * folders are gone lasts when it returns.
   */
  retire(superseded: Superseded): Promise<void>;
  /** Removes what processes that died have left. Never a commit that is the head, leads to it or may still win. */
  sweep(): Promise<void>;
  /** Everything that is stored, for the audit. */
  inspect(): Promise<StorageInventory>;
}

export interface Superseded {
  /** Ids; never the head's. */
  readonly commits: readonly string[];
  /** Such as `tile/0/000.p`: all files below it go. */
  readonly folders: readonly string[];
}

export interface StorageInventory {
  /** Paths of all files that the log must explain: derived ones, and whatever does not belong there. */
  readonly files: readonly string[];
  /** Paths of drafts that processes which died have left; harmless. Commits that lead to the head are none. */
  readonly leftovers: readonly string[];
  /** What is wrong with the storage's own bookkeeping. */
  readonly findings: readonly { readonly file: string; readonly problem: string }[];
  /** How many files, rows or the like there are in all. */
  readonly fileCount: number;
}
