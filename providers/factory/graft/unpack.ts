/**
 * Packages unpacked once. The recipe is
 *
 *     name "unpack-1", inputs { adapter, sha256 }        output: the tree's block
 *
 * Its files may lie torn in the store after a power cut (they are made again from the package, so they need not last);
 * what is missing there is seen here, and unpacked anew.
 */
import type { PinnedPackage } from '../../../model';
import { type FileTree, formatTree, type NamedTree, type NipOptions, parseTree } from '../../nip';
import type { Factory } from '../factory';
import type { Recipe } from '../recipe';
import type { Origins } from './origins';

export interface UnpackContext {
  readonly factory: Factory;
  readonly origins: Origins;
}

/** The trees of some packages, in their order. @throws NexusError of the adapters */
export async function unpackPackages(
  packages: readonly PinnedPackage[],
  context: UnpackContext,
  options: NipOptions,
): Promise<readonly NamedTree[]> {
  const trees: NamedTree[] = [];
  for (const pinned of packages) {
    options.signal?.throwIfAborted();
    const [done, total] = [trees.length, packages.length];
    options.onProgress?.({ phase: 'unpack', detail: pinned.name, done, total, unit: 'packages' });
    trees.push({ name: pinned.name, tree: await unpackOnce(pinned, context, options) });
  }
  return trees;
}

async function unpackOnce(
  pinned: PinnedPackage,
  { factory, origins }: UnpackContext,
  options: NipOptions,
): Promise<FileTree> {
  const { store, recipes } = factory;
  const recipe: Recipe = {
    name: 'unpack-1',
    inputs: { adapter: pinned.adapter, sha256: pinned.sha256 },
    tools: 'nip-1',
  };
  const before = await recipes.find(recipe);
  const known = before === undefined ? undefined : await readWhole(before, factory);
  if (known !== undefined) return known;
  const tree = await origins.unpack(pinned, options);
  const cid = await store.put('dag-cbor', formatTree(tree).bytes);
  await recipes.record(recipe, cid);
  return tree;
}

/** A tree whose files are all in the store, at least by name. */
export async function readWhole(
  cid: Parameters<Factory['store']['get']>[0],
  { store }: Factory,
): Promise<FileTree | undefined> {
  const bytes = await store.get(cid).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const tree = parseTree(bytes);
  for (const node of tree) if (node.type === 'file' && !(await store.has(node.block))) return undefined;
  return tree;
}
