/**
 * The filter: from the trees of a closure of packages to what a cell keeps. With roots (`keep`) only they stay, and what
 * they need, transitively; without, everything stays that no rule takes away. For each path the reason is told.
 */
import { posix } from 'node:path';
import { NexusError, quote } from '../../../model';
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import { resolvePath } from '../links';
import { type FileTree, foldersAbove, type TreeFile, type TreeNode } from '../tree';
import { createMatcher } from './glob';
import { type Need, readNeeds } from './needs';
import { findRule } from './rules';

export { type ElfNeeds, readElfNeeds } from './elf';
export { rules } from './rules';

export interface FilterRequest extends NipOptions {
  readonly tree: FileTree;
  /** Patterns of what must stay (glob.ts); empty for all that no rule takes away. */
  readonly keep: readonly string[];
  /** Patterns of what goes though it would stay; weaker than a need. */
  readonly drop: readonly string[];
  readonly store: BlockStore;
}

/** Why a path stayed. */
export type Reason =
  | { readonly kind: 'kept'; readonly pattern: string }
  | { readonly kind: 'no-rule' }
  | { readonly kind: 'library' | 'interpreter' | 'link' | 'folder'; readonly by: string };

/** A library or interpreter that no package brings. */
export interface MissingNeed {
  readonly name: string;
  readonly by: string;
}

export interface Filtered {
  readonly tree: FileTree;
  readonly reasons: ReadonlyMap<string, Reason>;
  readonly missing: readonly MissingNeed[];
  readonly sizeBytes: number;
  /** Of the tree before. */
  readonly foreignSizeBytes: number;
}

/** @throws NexusError `nothing-kept` when a pattern names nothing */
export async function filterTree(request: FilterRequest): Promise<Filtered> {
  const walk = new Walk(request);
  for (const pattern of request.keep) walk.addRoots(pattern);
  if (request.keep.length === 0) walk.addAll();
  await walk.run();
  return walk.finish();
}

class Walk {
  readonly #nodes: ReadonlyMap<string, TreeNode>;
  readonly #reasons = new Map<string, Reason>();
  readonly #missing: MissingNeed[] = [];
  readonly #todo: TreeFile[] = [];
  #readCount = 0;

  constructor(private readonly request: FilterRequest) {
    this.#nodes = new Map(request.tree.map((node) => [node.path, node]));
  }

  addRoots(pattern: string): void {
    const isRoot = createMatcher([pattern]);
    const isDropped = createMatcher(this.request.drop);
    const found = this.request.tree.filter(({ path }) => isRoot(path) && !isDropped(path));
    // A path may be named by way of a link to a folder.
    const real = found.length > 0 ? found : this.#followed(pattern);
    if (real.length === 0) throw nothingKept(pattern);
    for (const { path } of real) this.#keep(path, { kind: 'kept', pattern });
  }

  addAll(): void {
    const isDropped = createMatcher(this.request.drop);
    for (const { path } of this.request.tree)
      if (!isDropped(path) && findRule(path) === undefined) this.#keep(path, { kind: 'no-rule' });
  }

  async run(): Promise<void> {
    const { store, signal, onProgress } = this.request;
    for (let file = this.#todo.shift(); file !== undefined; file = this.#todo.shift()) {
      signal?.throwIfAborted();
      this.#readCount += 1;
      const [done, total] = [this.#readCount, this.#readCount + this.#todo.length];
      onProgress?.({ phase: 'filter', detail: file.path, done, total, unit: 'files' });
      for (const need of readNeeds(file.path, await store.get(file.block))) this.#follow(need, file.path);
    }
  }

  finish(): Filtered {
    for (const path of [...this.#reasons.keys()])
      for (const folder of foldersAbove(path))
        if (!this.#reasons.has(folder)) this.#reasons.set(folder, { kind: 'folder', by: path });
    const tree = this.request.tree.filter(({ path }) => this.#reasons.has(path));
    return {
      tree,
      reasons: this.#reasons,
      missing: this.#missing,
      sizeBytes: sizeOf(tree),
      foreignSizeBytes: sizeOf(this.request.tree),
    };
  }

  /** What a plain path names by way of links to folders; a link at its end is itself what is named. */
  #followed(pattern: string): readonly TreeNode[] {
    if (/[*?]/.test(pattern)) return [];
    const { dir, base } = posix.parse(pattern.replace(/^\/+/, ''));
    const node = this.#nodes.get(posix.join(resolvePath(this.#nodes, dir, pattern), base));
    return node === undefined ? [] : [node];
  }

  #follow({ kind, name, candidates }: Need, by: string): void {
    const found = candidates.find((path) => this.#nodes.has(resolvePath(this.#nodes, path, path)));
    if (found === undefined) this.#missing.push({ name, by });
    else this.#keepOnTheWay(found, kind, by);
  }

  /** Keeps every link that the path leads over, and what it leads to. */
  #keepOnTheWay(path: string, kind: Need['kind'] | 'link', by: string): void {
    const end = resolvePath(this.#nodes, path, path, (link) => this.#keep(link, { kind, by }));
    this.#keep(end, { kind, by });
  }

  #keep(path: string, reason: Reason): void {
    const node = this.#nodes.get(path);
    if (node === undefined || this.#reasons.has(path)) return;
    this.#reasons.set(path, reason);
    if (node.type === 'file') this.#todo.push(node);
    if (node.type === 'link') this.#keepOnTheWay(path, 'link', path);
  }
}

function sizeOf(tree: FileTree): number {
  return tree.reduce((sum, node) => sum + (node.type === 'file' ? node.sizeBytes : 0), 0);
}

function nothingKept(pattern: string): NexusError {
  return new NexusError(
    'nothing-kept',
    `Cannot keep ${quote(pattern)}: no package of the cell has it, expected a path or pattern of theirs`,
    {
      hint: 'Check the spelling, or add the package that has it: `nexus build --explain` lists what there is.',
    },
  );
}
