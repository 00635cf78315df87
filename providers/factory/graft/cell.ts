/**
 * A Linux cell's build: pinned packages in, a sealed cell in the store out. The recipe is
 *
 *     name "graft-1", inputs { name, architecture, sources: [[adapter, name, sha256], …], keep, drop, links, pledges,
 *                              unveils, run }
 */
import { posix } from 'node:path';
import {
  type Architecture,
  type CellLink,
  type CellLock,
  type Cid,
  encodeDagCbor,
  type LinuxCell,
  NexusError,
  type PinnedPackage,
  sha256,
} from '../../../model';
import {
  type FileTree,
  type Filtered,
  filterTree,
  foldersAbove,
  formatTree,
  mergeTrees,
  type NipOptions,
  type TreeNode,
} from '../../nip';
import type { Recipe } from '../recipe';
import { type LinuxNpk, loadLinuxNpk, storeLinuxNpk } from './npk';
import { readWhole, type UnpackContext, unpackPackages } from './unpack';

export interface BuiltLinuxCell {
  readonly name: string;
  readonly variantCid: Cid;
  readonly npk: LinuxNpk;
  readonly tree: FileTree;
  readonly sources: readonly PinnedPackage[];
  /** Of the files that stayed. */
  readonly sizeBytes: number;
  /** Of all files of the closure. */
  readonly foreignSizeBytes: number;
  /** Whether it was there already. */
  readonly isReused: boolean;
}

export interface LinuxCellRequest {
  readonly cell: LinuxCell;
  readonly architecture: Architecture;
  readonly lock: CellLock;
}

/** Builds a cell, or finds what was built before from the same packages. @throws NexusError of the adapters, the filter */
export async function buildLinuxCell(
  request: LinuxCellRequest,
  context: UnpackContext,
  options: NipOptions = {},
): Promise<BuiltLinuxCell> {
  const { cell, architecture, lock } = request;
  const { store, recipes } = context.factory;
  const recipe = recipeOf(request);
  const before = await recipes.find(recipe);
  const known = before === undefined ? undefined : await findWhole(before, request, context);
  if (known !== undefined) return known;
  const filtered = await filterCell(request, context, options);
  const { missing, tree, sizeBytes, foreignSizeBytes } = filtered;
  if (missing[0] !== undefined && cell.keep.length > 0) throw missingNeed(cell, missing[0]);
  const treeCid = await store.put('dag-cbor', formatTree(tree).bytes);
  const sizes = { sizeBytes, foreignSizeBytes };
  const npk = await storeLinuxNpk({ cell, architecture, sources: lock.packages, treeCid, ...sizes }, store);
  await recipes.record(recipe, npk.cid);
  return {
    name: cell.name,
    variantCid: npk.cid,
    npk,
    tree,
    sources: lock.packages,
    ...sizes,
    isReused: false,
  };
}

function recipeOf({ cell, architecture, lock }: LinuxCellRequest): Recipe {
  const { name, keep, drop, links, pledges, unveils, run } = cell;
  const inputs = {
    name,
    architecture,
    sources: lock.packages.map((each) => [each.adapter, each.name, each.sha256]),
    keep: [...keep],
    drop: [...drop],
    links: links.map(({ path, target }) => [path, target]),
    pledges: [...pledges],
    unveils: unveils.map(({ path, rights }) => [path, rights]),
    run: [...(run ?? [])],
  };
  return { name: 'graft-1', inputs, tools: 'nip-1' };
}

async function findWhole(
  cid: Cid,
  { lock }: LinuxCellRequest,
  { factory }: UnpackContext,
): Promise<BuiltLinuxCell | undefined> {
  const npk = await loadLinuxNpk(cid, factory.store).catch(() => undefined);
  const tree = npk && (await readWhole(npk.manifest.tree, factory));
  if (npk === undefined || tree === undefined) return undefined;
  const { name, sizeBytes, foreignSizeBytes } = npk.manifest;
  const sizes = { sizeBytes, foreignSizeBytes };
  return { name, variantCid: cid, npk, tree, sources: lock.packages, ...sizes, isReused: true };
}

/** What stays of the cell's packages, and why: what `nexus build --explain` tells. */
export async function filterCell(
  { cell, lock }: LinuxCellRequest,
  context: UnpackContext,
  options: NipOptions = {},
): Promise<Filtered> {
  const trees = await unpackPackages(lock.packages, context, options);
  const tree = addLinks(mergeTrees(trees), cell);
  const keep = cell.keep.length === 0 ? [] : [...cell.keep, ...cell.links.map(({ path }) => path.slice(1))];
  return filterTree({ tree, keep, drop: cell.drop, store: context.factory.store, ...options });
}

/** The links that the packages would have made in their scripts. */
function addLinks(tree: FileTree, { name, links }: LinuxCell): FileTree {
  const nodes = new Map<string, TreeNode>(tree.map((node) => [node.path, node]));
  for (const link of links) addLink(nodes, link, name);
  return [...nodes.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

function addLink(nodes: Map<string, TreeNode>, { path, target }: CellLink, cell: string): void {
  const place = realPlace(nodes, path.slice(1));
  if (nodes.has(place))
    throw new NexusError(
      'file-conflict',
      `Cannot make link "${path}" in cell "${cell}": a package has that path`,
      {
        hint: 'Leave the link out, or drop the file.',
      },
    );
  for (const folder of foldersAbove(place))
    if (!nodes.has(folder)) nodes.set(folder, { type: 'folder', path: folder });
  const relative = target.startsWith('/') ? posix.relative(`/${posix.dirname(place)}`, target) : target;
  nodes.set(place, { type: 'link', path: place, target: relative });
}

/** `bin/sh` is `usr/bin/sh` where `bin` leads there. */
function realPlace(nodes: ReadonlyMap<string, TreeNode>, path: string): string {
  const [first = '', ...rest] = path.split('/');
  const node = nodes.get(first);
  return node?.type === 'link' && rest.length > 0 ? [node.target, ...rest].join('/') : path;
}

function missingNeed(cell: LinuxCell, { name, by }: Filtered['missing'][number]): NexusError {
  return new NexusError(
    'missing-need',
    `Cannot build cell "${cell.name}": "${by}" needs "${name}", which none of its packages has`,
    { hint: 'Add the package that has it, or a `link` where a package would have made one in its scripts.' },
  );
}

/** What a cell was made of, as one digest in hex: SHA-256(dag-cbor([[adapter, name, version, sha256], …])). */
export function sourceDigestOf({ sources }: BuiltLinuxCell): string {
  const list = sources.map(({ adapter, name, version, sha256: digest }) => [adapter, name, version, digest]);
  return Buffer.from(sha256(encodeDagCbor(list).bytes)).toString('hex');
}
