/**
 * A ledger in a folder (layout.ts). Several processes share it; none holds a lock, and none waits for another.
 *
 * The head is the name of one empty file beside the commits:
 *
 *     commits/<id>                                          a commit, or a draft of one that may win, has lost, or died
 *     commits/head-<size>-<id>-<size before>-<id before>    the marker: that commit is the last, and that one was before
 *
 * A commit wins by renaming the marker from the name that it built on to its own:
 *
 *     rename("commits/head-5-3c9a…-4-77b0…", "commits/head-7-e01f…-5-3c9a…")
 *
 * That is a compare-and-swap: of several renames of one source exactly one finds it, the others get ENOENT. A name
 * never comes back (head.ts), so a writer that slept renames nothing. A lock would need native code or would outlive
 * its owner; a link(2) to a name that is removed later can be made a second time by a writer that slept.
 *
 * A commit takes two syncs, which is what a file that lasts takes on POSIX at least. They come last, together, so that a
 * journaling file system writes its journal once:
 *
 *     openat(tmp/D, O_CREAT|O_EXCL)  pwrite  rename(tmp/D, commits/<id>)
 *     rename(marker, new marker)     whoever finds it from here on makes it last before anything follows from it
 *     fsync(D)  fsync(commits)       from here on it lasts: its bytes, its name and the marker's
 *
 * A power cut before the last fsync may keep the new marker and lose its commit, or a part of its bytes. Nobody has been
 * told of that commit, nobody has built on it, and no checkpoint shows it (settle.ts: whoever finds it confirms it
 * first). So it never was: the head is the one before, which the marker names, and whose commit was not removed, as only
 * what lies before a head that lasts is. That state is told from a race by looking twice: a commit is put in place,
 * whole, before its marker and removed after the marker has moved on, so while a marker stands, its commit is there,
 * unless power was cut. It is told from damage by what follows from a commit, which nobody writes before it lasts.
 *
 * To confirm a commit of another its bytes are written to a new file, synced and renamed over the old one: a sync of the
 * old file proves nothing, as its error may have been told to a process that is no more.
 */
import { NexusError } from '../../../model';
import { noteSizeBytesMax } from '../formats/note';
import type { Random } from '../keys/key';
import type { DerivedFile } from '../log/extend';
import { formatTilePath, tileAt, tileWidth } from '../tree/tile';
import { baseOfCommit, commitSizeBytesMax, idOfCommit } from './commit';
import { damaged } from './damage';
import type { LedgerFiles, NewFile } from './files';
import { areHeadsEqual, formatHead, type Head, noLedger, parseHead } from './head';
import {
  checkpointFile,
  commitFile,
  commitsFolder,
  flushedFile,
  foldersAbove,
  temporaryFolder,
} from './layout';
import type { LedgerStorage, StorageInventory, StoredHead, Superseded } from './storage';

export interface FolderOptions {
  /** Milliseconds since 1970; tells old drafts from those of now. */
  readonly clock: () => number;
  /** For names of drafts. */
  readonly random: Random;
}

/** What a marker's name says. */
interface Marker {
  readonly head: Head;
  readonly before: Head;
}

/** Inverse: {@link parseMarker}. */
function formatMarker({ head, before }: Marker): string {
  return `head-${formatHead(head)}-${formatHead(before)}`;
}

/** Inverse of {@link formatMarker}; undefined for any other name. */
function parseMarker(name: string): Marker | undefined {
  const [, headText = '', beforeText = ''] = /^head-(\d+-[0-9a-f]+)-(\d+-[0-9a-f]+)$/.exec(name) ?? [];
  const [head, before] = [parseHead(headText), parseHead(beforeText)];
  return head && before && { head, before };
}

export const markerFile = (head: Head, before: Head): string =>
  `${commitsFolder}/${formatMarker({ head, before })}`;

/** The head, and the file whose name says so. */
interface Standing {
  readonly path: string;
  readonly head: StoredHead;
}

const emptyListingsMax = 100;
const temporaryAgeMsMax = 60 * 60 * 1000;
const placeAttemptsMax = 4;

export class FolderStorage implements LedgerStorage {
  readonly isPlacedLasting = false;
  readonly #files: LedgerFiles;
  readonly #options: FolderOptions;
  #standing: Standing | undefined;

  constructor(files: LedgerFiles, options: FolderOptions) {
    this.#files = files;
    this.#options = options;
  }

  read(path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> {
    return this.#files.read(path, sizeBytesMax);
  }

  /** As names never come back, the head that was read stands as long as its marker does. */
  async readHead(): Promise<StoredHead> {
    const known = this.#standing;
    if (known !== undefined && (await this.#files.exists(known.path))) return known.head;
    this.#standing = await this.#findHead();
    return this.#standing.head;
  }

  /** A listing that runs beside a rename may see the marker under neither name or under both. */
  async #findHead(): Promise<Standing> {
    for (let attempt = 0; attempt < emptyListingsMax; attempt += 1) {
      const names = await this.#files.list(commitsFolder);
      if (names === undefined) throw noLedger();
      const [newest] = markersOf(names);
      const standing = newest && (await this.#judge(newest, names));
      if (standing !== undefined) return standing;
    }
    throw damaged(commitsFolder, 'no file says which commit is the last');
  }

  /** Undefined when the marker has moved on meanwhile. */
  async #judge(marker: Marker, names: readonly string[]): Promise<Standing | undefined> {
    const path = `${commitsFolder}/${formatMarker(marker)}`;
    const retainedCount = names.filter(isCommitId).length;
    const { head, before } = marker;
    const standing = (of: Head): Standing => ({ path, head: { size: of.size, id: of.id, retainedCount } });
    const problem = await this.#problemOf(head.id);
    if (problem === undefined) return standing(head);
    if (!(await this.#files.exists(path))) return undefined;
    if (!(await this.#isShown(head)) && (await this.#problemOf(before.id)) === undefined)
      return standing(before);
    throw damaged(commitFile(head.id), problem);
  }

  async #problemOf(id: string): Promise<string | undefined> {
    const bytes = await this.readCommit(id);
    if (bytes === undefined) return 'missing, but it is the last commit';
    return idOfCommit(bytes) === id ? undefined : 'its SHA-256 is not its name';
  }

  /** Whether the checkpoint has that many entries, or their bundle is there: both follow from a head that lasts. */
  async #isShown({ size }: Head): Promise<boolean> {
    const bundle = tileAt('entries', Math.floor((size - 1) / tileWidth), size);
    if (bundle !== undefined && (await this.#files.exists(formatTilePath(bundle)))) return true;
    const bytes = await this.#files.read(checkpointFile, noteSizeBytesMax).catch(() => undefined);
    return (
      Number(
        Buffer.from(bytes ?? [])
          .toString('latin1')
          .split('\n')[1],
      ) >= size
    );
  }

  async confirmHead(): Promise<void> {
    const { id } = await this.readHead();
    const bytes = await this.readCommit(id);
    // Gone when the head has moved on and was flushed: then that one lasts.
    if (bytes === undefined) return this.#files.syncFolder(commitsFolder);
    if (idOfCommit(bytes) !== id) throw damaged(commitFile(id), 'its SHA-256 is not its name');
    await this.#placeFile({ path: commitFile(id), bytes }, true);
    await this.#files.syncFolder(commitsFolder);
  }

  readCommit(id: string): Promise<Uint8Array | undefined> {
    return this.#files.read(commitFile(id), commitSizeBytesMax);
  }

  async commit(base: Head, next: Head, bytes: Uint8Array): Promise<boolean> {
    const standing = this.#standing;
    if (standing === undefined || !areHeadsEqual(standing.head, base)) return false;
    const marker = markerFile(next, base);
    const draft = this.#draftPath();
    const file = await this.#files.create(draft, bytes).catch((error: unknown) => this.#giveUp(draft, error));
    try {
      await this.#replace(draft, commitFile(next.id)).catch((error: unknown) => this.#giveUp(draft, error));
      if (!(await this.#files.rename(standing.path, marker))) {
        await this.#drop(commitFile(next.id));
        return false;
      }
      await this.#syncHead(file);
    } finally {
      file.close();
    }
    // A flush may have retired some meanwhile.
    const retainedCount = (this.#standing ?? standing).head.retainedCount + 1;
    this.#standing = { path: marker, head: { ...next, retainedCount } };
    return true;
  }

  async #syncHead(file: NewFile): Promise<void> {
    try {
      await file.sync();
      await this.#files.syncFolder(commitsFolder);
    } catch (error) {
      throw uncertain(error);
    }
  }

  async place(files: readonly DerivedFile[], lasting: boolean): Promise<void> {
    await settleAll(files.map((file) => this.#placeFile(file, lasting)));
    if (!lasting) return;
    const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
    await settleAll([...folders].map((folder) => this.#files.syncFolder(folder)));
  }

  #draftPath(): string {
    const { clock, random } = this.#options;
    return `${temporaryFolder}/${clock()}-${Buffer.from(random(8)).toString('hex')}`;
  }

  /** A file that must last is always a new one (confirmHead says why). */
  async #placeFile({ path, bytes }: DerivedFile, lasting: boolean): Promise<void> {
    const draft = this.#draftPath();
    try {
      const file = await this.#files.create(draft, bytes);
      await (lasting ? file.sync() : Promise.resolve()).finally(() => file.close());
      if (lasting || path === checkpointFile) await this.#replace(draft, path);
      else await this.#make(draft, path);
    } catch (error) {
      await this.#giveUp(draft, error);
    }
  }

  async #giveUp(draft: string, error: unknown): Promise<never> {
    await this.#drop(draft);
    throw error;
  }

  async #replace(draft: string, path: string): Promise<void> {
    for (let attempt = 0; attempt < placeAttemptsMax; attempt += 1) {
      if (await this.#files.rename(draft, path)) return;
      // The folder is new, or another process has just removed it as replaced.
      await this.#makeFoldersOf(path);
    }
    throw busy(path);
  }

  /**
   * A file that does not last never replaces one that may. Nor does a partial file come back when its folder was removed
   * as replaced: that the full one is there is asked after the folder was made, and it is removed again.
   */
  async #make(draft: string, path: string): Promise<void> {
    for (let attempt = 0; attempt < placeAttemptsMax; attempt += 1) {
      if ((await this.#files.link(draft, path)) !== 'missing') return this.#drop(draft);
      await this.#makeFoldersOf(path);
      const [full, width] = path.split('.p/');
      if (width !== undefined && (await this.#files.exists(full ?? ''))) {
        await this.#files.removeFolder(`${full}.p`);
        return this.#drop(draft);
      }
    }
    throw busy(path);
  }

  /** A draft that stays costs space, and is swept later. */
  #drop(draft: string): Promise<void> {
    return this.#files.remove(draft).catch(() => undefined);
  }

  async #makeFoldersOf(path: string): Promise<void> {
    for (const folder of foldersAbove(path).slice(0, -1).reverse()) await this.#files.makeFolder(folder);
  }

  async retire({ commits, folders }: Superseded): Promise<void> {
    for (const id of commits) await this.#files.remove(commitFile(id));
    for (const folder of folders) await this.#files.removeFolder(folder);
    for (const folder of new Set(folders.map((each) => foldersAbove(each)[0] ?? '')))
      await this.#files.syncFolder(folder);
    const known = this.#standing;
    if (known === undefined) return;
    const retainedCount = Math.max(0, known.head.retainedCount - commits.length);
    this.#standing = { ...known, head: { ...known.head, retainedCount } };
  }

  /**
   * A draft can win only while its base is the head, and heads do not come back: a commit that is there before the head
   * is read, builds on another, and does not lead to the head, is dead; so is one that a power cut has torn. Files in tmp/ are dead after an hour: who sleeps
   * longer fails to rename, and tries again. Markers besides the head's are none (a power cut left them).
   */
  async sweep(): Promise<void> {
    const ids = (await this.#files.list(commitsFolder))?.filter(isCommitId) ?? [];
    const head = await this.#findHead();
    const needed = await this.#chain(head.head);
    for (const id of ids.filter((each) => !needed.has(each)))
      if (await this.#isDead(id, head.head)) await this.#files.remove(commitFile(id));
    for (const name of (await this.#files.list(temporaryFolder)) ?? [])
      if (Number(name.split('-')[0]) < this.#options.clock() - temporaryAgeMsMax)
        await this.#files.remove(`${temporaryFolder}/${name}`);
  }

  async #isDead(id: string, head: Head): Promise<boolean> {
    const bytes = await this.readCommit(id);
    if (bytes === undefined) return false;
    return idOfCommit(bytes) !== id || !areHeadsEqual(head, baseOfCommit(bytes) ?? head);
  }

  /** Ids of the commits that lead to a head, as far as they are kept. */
  async #chain(head: Head): Promise<Set<string>> {
    const ids = new Set<string>();
    for (let id = head.id; ; ) {
      const bytes = ids.has(id) ? undefined : await this.readCommit(id);
      if (bytes === undefined) return ids;
      ids.add(id);
      const base = baseOfCommit(bytes);
      if (base === undefined) return ids;
      id = base.id;
    }
  }

  async inspect(): Promise<StorageInventory> {
    const paths = await this.#files.walk();
    if (paths.length === 0) throw noLedger();
    const standing = await this.#findHead().catch(() => undefined);
    const chain = standing === undefined ? new Set<string>() : await this.#chain(standing.head);
    const own = paths.filter((path) => path.startsWith(`${commitsFolder}/`) && path !== flushedFile);
    const [markers, others] = split(own, (path) => path.startsWith(`${commitsFolder}/head-`));
    const leftovers = others.filter((path) => !chain.has(path.slice(commitsFolder.length + 1)));
    const drafts = paths.filter((path) => path.startsWith(`${temporaryFolder}/`));
    const [newest] = markersOf(markers.map((path) => path.slice(commitsFolder.length + 1)));
    const marker = standing?.path ?? (newest && `${commitsFolder}/${formatMarker(newest)}`);
    const findings = [
      ...(await this.#checkMarkers(markers, marker)),
      ...(await this.#checkCommits([...chain])),
    ];
    const isPrivate = new Set([...own, ...drafts]);
    return {
      files: paths.filter((path) => !isPrivate.has(path)),
      leftovers: [...leftovers, ...drafts],
      findings,
      fileCount: paths.length,
    };
  }

  /** One, and empty: its name is all it says. */
  async #checkMarkers(paths: readonly string[], standing: string | undefined): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const file of paths) {
      const bytes = await this.#files.read(file, 1024).catch(() => undefined);
      if (file !== standing) findings.push({ file, problem: 'a second head' });
      else if (bytes?.length !== 0) findings.push({ file, problem: 'not empty' });
    }
    return findings;
  }

  async #checkCommits(ids: readonly string[]): Promise<Finding[]> {
    const findings: Finding[] = [];
    // The head's own is checked, to the last bit, by whoever reads it.
    for (const id of ids.slice(1)) {
      const bytes = await this.readCommit(id);
      if (bytes !== undefined && idOfCommit(bytes) !== id)
        findings.push({ file: commitFile(id), problem: 'its SHA-256 is not its name' });
    }
    return findings;
  }
}

type Finding = StorageInventory['findings'][number];

const isCommitId = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** The newest first. */
function markersOf(names: readonly string[]): Marker[] {
  const markers = names.map(parseMarker).filter((marker) => marker !== undefined);
  return markers.sort((left, right) => right.head.size - left.head.size);
}

function split<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

function busy(path: string): NexusError {
  return new NexusError('ledger-busy', `Cannot write the ledger's "${path}": its draft is gone`);
}

/** Waits for all, even after one failed: nothing of ours may go on behind the caller's back. */
async function settleAll(operations: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(operations);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** @param error what the sync of a head said that has moved */
function uncertain(error: unknown): NexusError {
  const reason = error instanceof Error ? error.message : String(error);
  return new NexusError('append-uncertain', `Cannot tell whether the ledger has the record: ${reason}`, {
    hint: 'Mend the disk (space, permissions, faults) and repeat with `once`: a record that is there is not added again.',
    cause: error,
  });
}
