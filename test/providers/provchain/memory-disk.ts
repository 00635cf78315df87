/**
 * A disk in memory that knows the difference between what is there and what lasts (POSIX, no file system in
 * particular). A file's bytes last after its fsync; a name lasts after an fsync of its folder. A power cut keeps, for
 * each folder by itself, any of the changes since its last sync, be they first or last, and of unsynced bytes nothing, a
 * part, all, or zeros. Only a rename within one folder is whole: both names change or neither does. Every system call first passes a gate, where a test decides what comes next, and what fails.
 */
import type { LedgerFiles } from '../../../providers/provchain/storage/files';

interface FileNode {
  readonly kind: 'file';
  bytes: Uint8Array;
  isSynced: boolean;
}

type Name = readonly [name: string, node: Node | undefined];

interface FolderNode {
  readonly kind: 'folder';
  readonly names: Map<string, Node>;
  /** As of the last sync. */
  lasting: Map<string, Node>;
  /** Since then, in order; a rename within the folder changes two names at once. */
  changes: Name[][];
}

type Node = FileNode | FolderNode;

const newFolder = (): FolderNode => ({ kind: 'folder', names: new Map(), lasting: new Map(), changes: [] });

/** Passed before each system call. What it returns happens after the call: nothing, or an error all the same. */
export type Gate = (call: string, path: string) => Promise<(() => void) | undefined>;

const openGate: Gate = async () => undefined;

export class MemoryDisk {
  root: FolderNode = newFolder();

  /** The disk as one process sees it. */
  files(gate: Gate = openGate): LedgerFiles {
    const call = async <T>(name: string, path: string, act: () => T): Promise<T> => {
      const after = await gate(name, path);
      const result = act();
      after?.();
      return result;
    };
    return {
      exists: (path) => call('exists', path, () => this.file(path) !== undefined),
      read: (path) => call('read', path, () => this.file(path)?.bytes.slice()),
      create: async (path, bytes) => {
        const node = await call('open', path, () => this.#createFile(path));
        await call('write', path, () => {
          node.bytes = Uint8Array.from(bytes);
        });
        const sync = (): Promise<void> =>
          call('fsync', path, () => {
            node.isSynced = true;
          });
        return { sync, close: () => undefined };
      },
      rename: (from, to) => call('rename', to, () => this.#rename(from, to)),
      link: (from, to) => call('link', to, () => this.#link(from, to)),
      remove: (path) => call('unlink', path, () => this.#remove(path)),
      removeFolder: (path) => call('rmdir', path, () => this.#remove(path)),
      list: (path) => call('list', path, () => this.#list(path)),
      makeFolder: (path) => call('mkdir', path, () => this.#makeFolder(path)),
      syncFolder: (path) => call('fsync folder', path, () => sync(this.#folder(path))),
      walk: async () => walk(this.root, '').sort(),
    };
  }

  /** Loses what was not synced, as far as `random` wills. */
  cutPower(random: () => number): void {
    this.root = afterCut(this.root, random);
  }

  /** Another disk with the same files, all of which last. */
  copy(): MemoryDisk {
    const disk = new MemoryDisk();
    disk.root = lastingCopy(this.root);
    return disk;
  }

  paths(): string[] {
    return walk(this.root, '').sort();
  }

  file(path: string): FileNode | undefined {
    const node = this.#parent(path)?.names.get(nameOf(path));
    return node?.kind === 'file' ? node : undefined;
  }

  #folder(path: string): FolderNode | undefined {
    let node: Node | undefined = this.root;
    for (const name of path.split('/').filter((part) => part !== ''))
      node = node?.kind === 'folder' ? node.names.get(name) : undefined;
    return node?.kind === 'folder' ? node : undefined;
  }

  #parent(path: string): FolderNode | undefined {
    return this.#folder(path.split('/').slice(0, -1).join('/'));
  }

  #createFile(path: string): FileNode {
    const parent = this.#parent(path);
    if (parent === undefined) throw errno('ENOENT', path);
    if (parent.names.has(nameOf(path))) throw errno('EEXIST', path);
    const node: FileNode = { kind: 'file', bytes: new Uint8Array(), isSynced: false };
    change(parent, [[nameOf(path), node]]);
    return node;
  }

  #rename(from: string, to: string): boolean {
    const [source, target] = [this.#parent(from), this.#parent(to)];
    const node = source?.names.get(nameOf(from));
    if (source === undefined || target === undefined || node === undefined) return false;
    if (source === target)
      change(source, [
        [nameOf(from), undefined],
        [nameOf(to), node],
      ]);
    else {
      change(target, [[nameOf(to), node]]);
      change(source, [[nameOf(from), undefined]]);
    }
    return true;
  }

  #link(from: string, to: string): 'made' | 'there' | 'missing' {
    const [node, target] = [this.file(from), this.#parent(to)];
    if (node === undefined || target === undefined) return 'missing';
    if (target.names.has(nameOf(to))) return 'there';
    change(target, [[nameOf(to), node]]);
    return 'made';
  }

  #remove(path: string): void {
    const parent = this.#parent(path);
    if (parent?.names.has(nameOf(path))) change(parent, [[nameOf(path), undefined]]);
  }

  #makeFolder(path: string): void {
    const parent = this.#parent(path);
    if (parent === undefined) throw errno('ENOENT', path);
    if (!parent.names.has(nameOf(path))) change(parent, [[nameOf(path), newFolder()]]);
  }

  #list(path: string): string[] | undefined {
    const folder = this.#folder(path);
    return folder && [...folder.names.keys()].sort();
  }
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? '';

function change(folder: FolderNode, names: Name[]): void {
  folder.changes.push(names);
  apply(folder.names, names);
}

function apply(map: Map<string, Node>, names: readonly Name[]): void {
  for (const [name, node] of names)
    if (node === undefined) map.delete(name);
    else map.set(name, node);
}

function sync(folder: FolderNode | undefined): void {
  if (folder === undefined) return;
  folder.lasting = new Map(folder.names);
  folder.changes = [];
}

function lastingCopy(folder: FolderNode): FolderNode {
  const copies = [...folder.names].map(([name, node]): [string, Node] => [
    name,
    node.kind === 'folder' ? lastingCopy(node) : { ...node, isSynced: true },
  ]);
  return { kind: 'folder', names: new Map(copies), lasting: new Map(copies), changes: [] };
}

function afterCut(folder: FolderNode, random: () => number): FolderNode {
  const names = new Map(folder.lasting);
  const share = random();
  for (const step of folder.changes) if (random() < share) apply(names, step);
  const survivors = [...names].map(([name, node]): [string, Node] => [
    name,
    node.kind === 'folder' ? afterCut(node, random) : fileAfterCut(node, random),
  ]);
  return { kind: 'folder', names: new Map(survivors), lasting: new Map(survivors), changes: [] };
}

function fileAfterCut(file: FileNode, random: () => number): FileNode {
  return {
    kind: 'file',
    bytes: file.isSynced ? file.bytes : bytesAfterCut(file.bytes, random),
    isSynced: true,
  };
}

function bytesAfterCut(bytes: Uint8Array, random: () => number): Uint8Array {
  const rest = bytes.slice(0, Math.floor(random() * (bytes.length + 1)));
  const zeros = new Uint8Array(bytes.length);
  return [rest, zeros, new Uint8Array(), bytes][Math.floor(random() * 4)] ?? bytes;
}

function walk(folder: FolderNode, below: string): string[] {
  return [...folder.names].flatMap(([name, node]) =>
    node.kind === 'folder' ? walk(node, `${below}${name}/`) : [`${below}${name}`],
  );
}

export function errno(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, '${path}'`), { code });
}
