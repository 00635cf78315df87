/**
 * One tree of several packages. Two packages may have a file in common only if it is the same. Where /usr is merged the
 * old names lead into it: `bin`, `sbin`, `lib` and so on are links, as far as there is something to lead to.
 */
import { NexusError } from '../../model';
import { checkLinks } from './links';
import { Refusal } from './refusal';
import { type FileTree, foldersAbove, type TreeNode } from './tree';

export interface NamedTree {
  /** The package's, in errors. */
  readonly name: string;
  readonly tree: FileTree;
}

export const usrFolders = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'] as const;

/** @throws NexusError `file-conflict`, `link-loop`, `link-outside` */
export function mergeTrees(trees: readonly NamedTree[]): FileTree {
  const nodes = new Map<string, TreeNode>();
  const owners = new Map<string, string>();
  for (const { name, tree } of trees)
    for (const node of tree) {
      const before = nodes.get(node.path);
      if (before !== undefined && !areSame(before, node))
        throw conflict(node.path, owners.get(node.path), name);
      nodes.set(node.path, node);
      if (before === undefined) owners.set(node.path, name);
    }
  addUsrLinks(nodes);
  checkFolders(nodes, owners);
  const tree = [...nodes.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
  checkAllLinks(tree, owners);
  return tree;
}

function areSame(left: TreeNode, right: TreeNode): boolean {
  if (left.type === 'file' && right.type === 'file')
    return left.block === right.block && left.mode === right.mode;
  if (left.type === 'link' && right.type === 'link') return left.target === right.target;
  return left.type === 'folder' && right.type === 'folder';
}

function addUsrLinks(nodes: Map<string, TreeNode>): void {
  for (const path of usrFolders)
    if (!nodes.has(path) && nodes.has(`usr/${path}`))
      nodes.set(path, { type: 'link', path, target: `usr/${path}` });
}

/** What is a link in one package must be no folder in another: nothing would say where its files belong. */
function checkFolders(nodes: ReadonlyMap<string, TreeNode>, owners: ReadonlyMap<string, string>): void {
  for (const path of nodes.keys())
    for (const folder of foldersAbove(path)) {
      const above = nodes.get(folder);
      if (above?.type === 'folder') break;
      if (above !== undefined) throw conflict(folder, owners.get(folder), owners.get(path) ?? '');
    }
}

/** Links of two packages may make a circle together, though neither does alone. */
function checkAllLinks(tree: FileTree, owners: ReadonlyMap<string, string>): void {
  try {
    checkLinks(tree);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new NexusError(
      error.code,
      `Cannot merge packages: link "${error.path}" of "${owners.get(error.path)}" ${error.reason}`,
      { hint: 'Leave one of the packages out, or drop the link.', cause: error },
    );
  }
}

function conflict(path: string, one: string | undefined, other: string): NexusError {
  return new NexusError(
    'file-conflict',
    `Cannot merge packages "${one}" and "${other}": both have "${path}", and not the same`,
    { hint: 'Leave one of them out, or put them into cells of their own.' },
  );
}
