/**
 * The head: which commit is the last. It is the name of the one file in `head/`, `<size>-<commit id>`, and a commit
 * wins by renaming that file from the name it built on to its own:
 *
 *     rename("head/5-3c9a…", "head/7-e01f…")
 *
 * That is a compare-and-swap: of several renames of one source exactly one finds it, the others get ENOENT. And it
 * cannot be fooled by a writer that slept (the ABA problem), because a name never comes back: each holds the hash of
 * a commit, and each commit holds a nonce and the name of the one before. A lock would need native code or would
 * outlive its owner; a link(2) to a name that is removed later can be made a second time by a writer that slept.
 */
import { NexusError } from '../../model';
import { damaged } from './damage';
import type { LedgerFiles } from './files';
import { headFolder } from './layout';

export interface Head {
  /** Number of entries. */
  readonly size: number;
  /** Commit id, 64 hex digits. */
  readonly id: string;
}

/** What the first commit of a log builds on. */
export const noHead: Head = { size: 0, id: '0'.repeat(64) };

/** Inverse: {@link parseHead}. */
export function formatHead({ size, id }: Head): string {
  return `${size}-${id}`;
}

/** Inverse of {@link formatHead}; undefined for any other text. */
export function parseHead(text: string): Head | undefined {
  const [, sizeText = '', id = ''] = /^(0|[1-9]\d{0,15})-([0-9a-f]{64})$/.exec(text) ?? [];
  const size = Number(sizeText);
  return id !== '' && Number.isSafeInteger(size) ? { size, id } : undefined;
}

export const headFile = (head: Head): string => `${headFolder}/${formatHead(head)}`;

export function areHeadsEqual(left: Head, right: Head): boolean {
  return left.size === right.size && left.id === right.id;
}

const emptyListingsMax = 100;

/**
 * The head as it is now or was a moment ago; whoever acts on it finds out by the rename, or by looking again.
 * A listing that runs beside a rename may see the file under neither name or under both.
 */
export async function readHead(files: LedgerFiles): Promise<Head> {
  for (let attempt = 0; attempt < emptyListingsMax; attempt += 1) {
    const names = await files.list(headFolder);
    if (names === undefined) throw noLedger();
    const heads = names.map(parseHead).filter((head) => head !== undefined);
    const [newest] = heads.sort((left, right) => right.size - left.size);
    if (newest !== undefined) return newest;
  }
  throw damaged(headFolder, 'no file says which commit is the last');
}

export function noLedger(): NexusError {
  return new NexusError('no-ledger', 'Cannot open the ledger: its folder holds none', {
    hint: 'Name the state folder of a deployment, or deploy first.',
  });
}

/** True when the head was `from` and is now `to`. Its name lasts after a sync of the folder. */
export async function advanceHead(files: LedgerFiles, from: Head, to: Head): Promise<boolean> {
  return files.rename(headFile(from), headFile(to));
}
