/**
 * Where a tree's links lead, found as the kernel does it (path_resolution(7)): part by part from the root, following
 * each link on the way, at most 40 in all. A link may lead to what is not there: another package may bring it.
 */
import { Refusal } from './refusal';
import type { FileTree, TreeNode } from './tree';

const linkCountMax = 40;

/** @throws Refusal `link-outside`, `link-loop` of the first link that leads out of the tree or round in circles */
export function checkLinks(tree: FileTree): void {
  const nodes = new Map(tree.map((node) => [node.path, node]));
  for (const node of tree) if (node.type === 'link') resolvePath(nodes, node.path, node.path);
}

/**
 * The path that a path leads to in the end, empty for the root.
 * @param start the link to blame
 * @param onLink called with each link on the way
 */
export function resolvePath(
  nodes: ReadonlyMap<string, TreeNode>,
  path: string,
  start: string,
  onLink: (link: string) => void = () => undefined,
): string {
  const todo = path.split('/');
  const here: string[] = [];
  let linkCount = 0;
  for (let part = todo.shift(); part !== undefined; part = todo.shift()) {
    if (part === '..') {
      if (here.pop() === undefined) throw new Refusal('link-outside', start, 'leads above the root');
      continue;
    }
    if (part === '.' || part === '') continue;
    const node = nodes.get([...here, part].join('/'));
    if (node?.type !== 'link') {
      here.push(part);
      continue;
    }
    onLink(node.path);
    linkCount += 1;
    if (linkCount > linkCountMax)
      throw new Refusal('link-loop', start, `leads over more than ${linkCountMax} links`);
    todo.unshift(...node.target.split('/'));
  }
  return here.join('/');
}
