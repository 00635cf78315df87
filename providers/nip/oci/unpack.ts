/**
 * The layers of an image, one above the other (image-spec, layer.md). A layer is a tar; what it takes away from those below
 * it says by empty files:
 *
 *     a/.wh.b          removes a/b, and what is below it
 *     a/.wh..wh..opq   removes all that lower layers have in a
 *
 * Each layer comes through the door by itself, so neither a link nor a hard link of one reaches into another.
 */
import { NexusError } from '../../../model';
import type { BlockStore } from '../../store';
import type { NipOptions } from '../adapter';
import type { Bytes } from '../archive/bytes';
import { decompress } from '../archive/decompress';
import { readTar } from '../archive/tar';
import type { ArchiveReader } from '../entry';
import { checkLinks } from '../links';
import { checkPath } from '../path';
import { Refusal } from '../refusal';
import { sealArchive } from '../seal';
import { type FileTree, foldersAbove, type TreeNode } from '../tree';

const mark = '.wh.';
const opaqueMark = '.wh..wh..opq';

/** What a layer brings and what it takes away. */
export interface Layer {
  readonly tree: FileTree;
  /** Paths that are removed. */
  readonly removed: readonly string[];
  /** Folders whose content of lower layers is removed. */
  readonly opaque: readonly string[];
}

/** @throws NexusError as `sealArchive`, and `bad-archive` */
export async function unpackLayer(
  bytes: Bytes,
  name: string,
  store: BlockStore,
  { signal }: NipOptions = {},
): Promise<Layer> {
  const [removed, opaque]: [string[], string[]] = [[], []];
  async function* withoutMarks(entries: ArchiveReader): ArchiveReader {
    for await (const entry of entries) {
      const path = /(^|\/)\.wh\./.test(entry.path) ? checkPath(entry.path) : '';
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
      const last = path.slice(folder === '' ? 0 : folder.length + 1);
      if (last === opaqueMark) opaque.push(folder);
      else if (last.startsWith(mark) && last !== mark)
        removed.push([folder, last.slice(mark.length)].filter(Boolean).join('/'));
      else yield entry;
    }
  }
  const { tree } = await sealArchive(withoutMarks(readTar(decompress(bytes, name), name)), {
    name,
    store,
    signal,
  });
  return { tree, removed, opaque };
}

/** The tree of layers, the lowest first. @throws NexusError `link-loop`, `link-outside` */
export function mergeLayers(layers: readonly Layer[], name: string): FileTree {
  const nodes = new Map<string, TreeNode>();
  for (const layer of layers) {
    remove(nodes, layer);
    for (const node of layer.tree) nodes.set(node.path, node);
    removeUnreachable(nodes);
  }
  const tree = [...nodes.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
  try {
    checkLinks(tree);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new NexusError(
      error.code,
      `Cannot unpack ${JSON.stringify(name)}: entry "${error.path}": ${error.reason}`,
      {
        hint: 'The image is broken or hostile: use another version.',
        cause: error,
      },
    );
  }
  return tree;
}

function remove(nodes: Map<string, TreeNode>, { removed, opaque }: Layer): void {
  const [gone, emptied] = [new Set(removed), new Set(opaque)];
  if (gone.size === 0 && emptied.size === 0) return;
  for (const path of [...nodes.keys()]) {
    const above = foldersAbove(path);
    const isGone = gone.has(path) || above.some((folder) => gone.has(folder) || emptied.has(folder));
    if (isGone || emptied.has('')) nodes.delete(path);
  }
}

/** What a file or link of a higher layer has taken the place of is gone with all below it. */
function removeUnreachable(nodes: Map<string, TreeNode>): void {
  for (const path of [...nodes.keys()])
    if (foldersAbove(path).some((folder) => nodes.get(folder)?.type !== 'folder')) nodes.delete(path);
}
