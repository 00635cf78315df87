/**
 * A folder of sources, read once as a whole: what is digested is what is compiled, whatever changes meanwhile.
 *
 *     digest = SHA-256(dag-cbor([[path, SHA-256(content)], …])), sorted by path, paths relative with "/"
 *
 * Names and contents count, and nothing else: no times, modes, owners, order or place. Files and folders whose name
 * begins with "." are left out, as editors and version control put theirs there.
 *
 * The folder is read without leaving this thread: each plan reads the small sources of every cell, and the way to
 * another thread and back takes ten times as long as the kernel's cache does.
 */
import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { compareNames, digestOfDagCbor, NexusError, quote, sha256 } from '../../model';
import { errorCode } from '../durable';
import type { RelyOn } from './file-memory';

export const sourceLimits = { files: 2000, sizeBytes: 32 * 1024 * 1024, depth: 16 } as const;

export interface SourceFile {
  /** Relative, with "/". */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface SourceTree {
  /** 64 hex digits. */
  readonly digest: string;
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
}

/**
 * @param relyOn told of every folder and file before it is read. @default nobody is told
 * @throws NexusError `missing-source`, `source-too-large`, `source-outside`, `bad-source-name`
 */
export async function readSource(folder: string, relyOn: RelyOn = () => {}): Promise<SourceTree> {
  relyOn(folder);
  const root = realFolder(folder);
  const paths = listPaths({ folder, root, relyOn }, '', 0);
  if (paths.length > sourceLimits.files)
    throw tooLarge(folder, `${paths.length} files`, `${sourceLimits.files} files`);
  const files: SourceFile[] = [];
  let sizeBytes = 0;
  for (const path of paths.sort(compareNames)) {
    relyOn(join(root, path));
    sizeBytes += statSync(join(root, path)).size;
    if (sizeBytes > sourceLimits.sizeBytes)
      throw tooLarge(folder, `over ${sizeBytes} bytes`, `${sourceLimits.sizeBytes} bytes`);
    files.push({ path, bytes: new Uint8Array(readFileSync(join(root, path))) });
  }
  return sourceTree(files);
}

/** A tree of files that are in memory already. */
export function sourceTree(files: readonly SourceFile[]): SourceTree {
  const sorted = files.toSorted((left, right) => compareNames(left.path, right.path));
  return { digest: digestOfDagCbor(sorted.map((file) => [file.path, sha256(file.bytes)])), files: sorted };
}

/** Writes the tree into a folder, with the same modes whatever the umask. */
export async function writeSource(tree: SourceTree, folder: string): Promise<void> {
  for (const { path, bytes } of tree.files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
}

interface Root {
  /** As the user named it. */
  readonly folder: string;
  /** Without symbolic links. */
  readonly root: string;
  readonly relyOn: RelyOn;
}

function realFolder(folder: string): string {
  try {
    const root = realpathSync.native(folder);
    if (statSync(root).isDirectory()) return root;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
  }
  throw new NexusError('missing-source', `Cannot read source ${quote(folder)}: no such folder`, {
    hint: 'Check the path: it is relative to the folder of the KDL file.',
  });
}

function listPaths(root: Root, below: string, depth: number): string[] {
  if (depth > sourceLimits.depth)
    throw tooLarge(root.folder, `folders ${depth} deep`, `${sourceLimits.depth} deep`);
  root.relyOn(join(root.root, below));
  const entries = readdirSync(join(root.root, below), { withFileTypes: true });
  const paths: string[] = [];
  for (const entry of entries.filter(({ name }) => !name.startsWith('.'))) {
    const name = checkFileName(root, entry.name);
    const path = below === '' ? name : `${below}/${name}`;
    if (entry.isDirectory()) paths.push(...listPaths(root, path, depth + 1));
    else paths.push(checkFile(root, path, entry));
    if (paths.length > sourceLimits.files)
      throw tooLarge(root.folder, `over ${sourceLimits.files} files`, `${sourceLimits.files} files`);
  }
  return paths;
}

/** A name must be the same text on every file system and in every locale. */
function checkFileName(root: Root, name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._+@=,~-]*$/.test(name)) return name;
  throw new NexusError(
    'bad-source-name',
    `Cannot read source ${quote(root.folder)}: file name ${quote(name)}, expected letters, digits and ._+@=,~-`,
    { hint: 'Rename the file.' },
  );
}

/** Symbolic links may name files within the folder; a link to a folder could go round in circles. */
function checkFile({ folder, root }: Root, path: string, entry: Dirent): string {
  if (entry.isFile() || (entry.isSymbolicLink() && isFileWithin(root, path))) return path;
  const current = entry.isSymbolicLink()
    ? 'a link that is broken, to a folder or out of the source'
    : 'no file';
  throw new NexusError(
    'source-outside',
    `Cannot read source ${quote(folder)}: ${quote(path)} is ${current}, expected files and folders`,
    { hint: 'Copy the file into the source folder.' },
  );
}

function isFileWithin(root: string, path: string): boolean {
  try {
    const target = realpathSync.native(join(root, path));
    return target.startsWith(`${root}${sep}`) && statSync(target).isFile();
  } catch {
    return false;
  }
}

function tooLarge(folder: string, current: string, limit: string): NexusError {
  return new NexusError(
    'source-too-large',
    `Cannot read source ${quote(folder)}: ${current}, expected at most ${limit}`,
    { hint: 'Check that this is the folder of one cell.' },
  );
}
