/** Reading and writing folders at synth: regular files only, bounded, and nothing is written that is the same already. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { compareNames, NexusError, quote } from '../../model';

/** A file inside a folder, found but not read. */
export interface FoundFile {
  /** Relative to the folder, with forward slashes. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** Bounds of a folder that is copied. */
export interface FolderLimits {
  readonly filesMax: number;
  readonly sizeBytesMax: number;
}

/**
 * All regular files under a folder, sorted by name. Names that begin with a dot are left out: they belong to editors
 * and version control, and would change what is built without being seen.
 * @throws NexusError `missing-folder`, `bad-file`, `folder-too-large`
 */
export function listFiles(folder: string, limits: FolderLimits): readonly FoundFile[] {
  const found: FoundFile[] = [];
  let sizeBytes = 0;
  for (const name of walk(folder, '')) {
    const file = { name, sizeBytes: lstatSync(path.join(folder, name)).size };
    sizeBytes += file.sizeBytes;
    found.push(file);
    if (found.length > limits.filesMax) throw tooLarge(folder, `more than ${limits.filesMax} files`);
    if (sizeBytes > limits.sizeBytesMax) throw tooLarge(folder, `more than ${limits.sizeBytesMax} bytes`);
  }
  return found.toSorted((left, right) => compareNames(left.name, right.name));
}

function* walk(root: string, prefix: string): Generator<string> {
  for (const entry of readFolder(path.join(root, prefix))) {
    if (entry.name.startsWith('.')) continue;
    const name = path.posix.join(prefix, entry.name);
    if (entry.isDirectory()) yield* walk(root, name);
    else if (entry.isFile()) yield name;
    else throw notRegular(root, name, entry.isSymbolicLink());
  }
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (cause) {
    throw new NexusError('missing-folder', `Cannot read folder ${quote(folder)}: no such folder`, {
      hint: 'Create it, or correct the path; a relative path starts at the folder where the app runs.',
      cause,
    });
  }
}

function notRegular(root: string, name: string, isLink: boolean): NexusError {
  const kind = isLink ? 'a symbolic link' : 'a device, socket or pipe';
  return new NexusError(
    'bad-file',
    `Cannot copy ${quote(path.join(root, name))}: ${kind}, expected a regular file`,
    {
      hint: isLink ? 'Replace the link by a copy of the file.' : 'Move it out of the folder.',
    },
  );
}

function tooLarge(folder: string, reason: string): NexusError {
  return new NexusError('folder-too-large', `Cannot copy folder ${quote(folder)}: ${reason}`, {
    hint: 'Keep only what is compiled in it, and move the rest elsewhere.',
  });
}

/** Makes `target` hold exactly these files. @returns whether anything had to be changed */
export function syncFolder(target: string, files: ReadonlyMap<string, FileContent>): boolean {
  const removed = removeStale(target, '', new Set(files.keys()));
  const written = [...files].filter(([name, content]) => writeIfChanged(path.join(target, name), content));
  return removed || written.length > 0;
}

/** What a file is to hold. */
export interface FileContent {
  readonly bytes: Uint8Array;
  /** @default 0o644 */
  readonly mode?: number;
}

function removeStale(root: string, prefix: string, wanted: ReadonlySet<string>): boolean {
  const folder = path.join(root, prefix);
  let removed = false;
  for (const entry of readFolderIfThere(folder)) {
    const name = path.posix.join(prefix, entry.name);
    const isNeeded = entry.isDirectory() ? hasFileUnder(wanted, name) : wanted.has(name) && entry.isFile();
    if (!isNeeded) {
      rmSync(path.join(root, name), { recursive: true, force: true });
      removed = true;
    } else if (entry.isDirectory()) {
      removed = removeStale(root, name, wanted) || removed;
    }
  }
  return removed;
}

function hasFileUnder(files: ReadonlySet<string>, folder: string): boolean {
  for (const file of files) if (file.startsWith(`${folder}/`)) return true;
  return false;
}

function readFolderIfThere(folder: string) {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return readdirSync(folder, { withFileTypes: true });
  if (stats !== undefined) rmSync(folder);
  return [];
}

/** Writes through a temporary file, so that a reader never sees half of it. @returns whether it had to be written */
export function writeIfChanged(file: string, { bytes, mode = 0o644 }: FileContent): boolean {
  if (isSame(file, bytes, mode)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  writeFileSync(temporary, bytes, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, file);
  return true;
}

function isSame(file: string, bytes: Uint8Array, mode: number): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return false;
  if (stats.size !== bytes.length || (stats.mode & 0o777) !== mode) return false;
  return Buffer.compare(readFileSync(file), bytes) === 0;
}
