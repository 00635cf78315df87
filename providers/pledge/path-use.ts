/** Which paths a traced run used, and how: unveils of the files, or of the folder where there are many. */
import { posix } from 'node:path';
import type { SuggestedUnveil, SuggestOptions } from './suggest';
import type { TracedCall } from './trace';

/** Calls that make or remove names: the numbers of the arguments that are paths, each with its folder's before it. */
const nameChanges: ReadonlyMap<string, readonly (readonly [folder: number | undefined, path: number])[]> =
  new Map([
    ['mkdir', [[undefined, 0]]],
    ['rmdir', [[undefined, 0]]],
    ['unlink', [[undefined, 0]]],
    ['mknod', [[undefined, 0]]],
    ['symlink', [[undefined, 1]]],
    [
      'link',
      [
        [undefined, 0],
        [undefined, 1],
      ],
    ],
    [
      'rename',
      [
        [undefined, 0],
        [undefined, 1],
      ],
    ],
    ['bind', [[undefined, 1]]],
    ['mkdirat', [[0, 1]]],
    ['unlinkat', [[0, 1]]],
    ['mknodat', [[0, 1]]],
    ['symlinkat', [[1, 2]]],
    [
      'linkat',
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      'renameat',
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      'renameat2',
      [
        [0, 1],
        [2, 3],
      ],
    ],
  ]);

const [accessMode, createFlag, pathFlag, temporaryFlag] = [3n, 0x40n, 0x200000n, 0x400000n];
const filesOfFolderMax = 3;
const pathsMax = 100_000;

interface Use {
  readonly rights: Set<string>;
  readonly calls: Set<string>;
}

export class PathUse {
  readonly #uses = new Map<string, Use>();
  readonly #folders = new Map<number, string>();

  constructor(private readonly options: SuggestOptions) {}

  add(call: TracedCall): void {
    if (call.result === undefined || call.result < 0n) return;
    if (['open', 'openat', 'creat'].includes(call.name)) this.#addOpen(call);
    else if (call.name === 'execve' || call.name === 'execveat') this.#addProgram(call);
    else if (call.name === 'chdir') this.#folders.set(call.process, this.#resolve(call, undefined, 0) ?? '/');
    else for (const [folder, path] of nameChanges.get(call.name) ?? []) this.#addName(call, folder, path);
  }

  finish(): readonly SuggestedUnveil[] {
    const there = mergeUses([...this.#uses].map(([path, use]) => [this.#existing(path), use]));
    return gatherFolders(there)
      .map(([path, { rights, calls }]) => ({
        path,
        rights: [...'rwxc'].filter((right) => rights.has(right)).join(''),
        calls: [...calls].toSorted(),
      }))
      .filter((unveil, _, all) => !all.some((other) => covers(other, unveil)))
      .toSorted((left, right) => (left.path < right.path ? -1 : 1));
  }

  /** The path, or what is left of it after the run. */
  #existing(path: string): string {
    const { isThere = () => true } = this.options;
    return path === '/' || isThere(path) ? path : this.#existing(posix.dirname(path));
  }

  #addOpen(call: TracedCall): void {
    const flags = call.arguments[call.name === 'openat' ? 2 : 1]?.value ?? 0n;
    const isCreat = call.name === 'creat';
    const path = call.resultPath;
    if (path === undefined || !path.startsWith('/') || (flags & pathFlag) !== 0n) return;
    const rights = isCreat ? 'w' : (['r', 'w', 'rw', 'rw'][Number(flags & accessMode)] ?? 'rw');
    const isCreated = isCreat || (flags & (createFlag | temporaryFlag)) !== 0n;
    if (isCreated) this.#use(posix.dirname(path), `${rights}c`, call.name);
    else this.#use(path, rights, call.name);
  }

  #addProgram(call: TracedCall): void {
    const isAt = call.name === 'execveat';
    const path = this.#resolve(call, isAt ? 0 : undefined, isAt ? 1 : 0);
    if (path === undefined) return;
    this.#use(path, 'rx', call.name);
    const interpreter = this.options.interpreterOf?.(path);
    if (interpreter !== undefined) this.#use(interpreter, 'rx', call.name);
  }

  #addName(call: TracedCall, folder: number | undefined, path: number): void {
    const found = this.#resolve(call, folder, path);
    if (found !== undefined) this.#use(posix.dirname(found), 'c', call.name);
  }

  /** An absolute path; undefined for a text that is none, such as the address of an IP socket. */
  #resolve(call: TracedCall, folder: number | undefined, path: number): string | undefined {
    const text = call.arguments[path]?.text;
    if (text === undefined || text === '' || text.startsWith('\0')) return undefined;
    const given = folder === undefined ? undefined : call.arguments[folder]?.path;
    return posix.resolve(given ?? this.#folders.get(call.process) ?? this.options.folder, text);
  }

  /** A process's own folder below /proc has another name in each run. */
  #use(path: string, rights: string, call: string): void {
    const steady = /^\/proc\/\d+(\/|$)/.test(path) ? '/proc' : path;
    const use = this.#uses.get(steady) ?? { rights: new Set(), calls: new Set() };
    if (this.#uses.size < pathsMax) this.#uses.set(steady, use);
    for (const right of rights) use.rights.add(right);
    use.calls.add(call);
  }
}

type Entry = readonly [path: string, use: Use];

/** More than a few paths of one folder are said as the folder, but never /, /etc, /home and their like. */
function gatherFolders(entries: readonly Entry[]): readonly Entry[] {
  const counts = new Map<string, number>();
  for (const [path] of entries) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return mergeUses(
    entries.map(([path, use]) => {
      const folder = posix.dirname(path);
      const isMany = (counts.get(folder) ?? 0) > filesOfFolderMax && folder.split('/').length > 2;
      return [isMany ? folder : path, use];
    }),
  );
}

/** Each path once. */
function mergeUses(entries: readonly Entry[]): readonly Entry[] {
  const merged = new Map<string, Use>();
  for (const [path, { rights, calls }] of entries) {
    const use = merged.get(path) ?? { rights: new Set(), calls: new Set() };
    merged.set(path, {
      rights: new Set([...use.rights, ...rights]),
      calls: new Set([...use.calls, ...calls]),
    });
  }
  return [...merged];
}

function covers(folder: SuggestedUnveil, unveil: SuggestedUnveil): boolean {
  const below = folder.path === '/' ? '/' : `${folder.path}/`;
  return unveil.path.startsWith(below) && [...unveil.rights].every((right) => folder.rights.includes(right));
}
