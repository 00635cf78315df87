/**
 * A tree of files as nip keeps it: what a package unpacks to, what a filter leaves, what an image's root is made of. Its
 * contents lie in the store, each file as a raw block. Owner, times and hard links are not part of it: every file is
 * root's, of time 0, and a file of its own. So one content is one tree, and its CID is that of
 *
 *     dag-cbor([[path, "folder"] | [path, "file", mode, sizeBytes, link] | [path, "link", target], …])
 *
 * sorted by path (UTF-16 code units), paths relative with "/".
 */
import {
  asLink,
  type Cid,
  codecOfCid,
  compareNames,
  decodeDagCbor,
  encodeDagCbor,
  linkTo,
  NexusError,
} from '../../model';

export interface TreeFolder {
  readonly type: 'folder';
  readonly path: string;
}

export interface TreeFile {
  readonly type: 'file';
  readonly path: string;
  /** 0o755 for what may be run, 0o644 for all else. */
  readonly mode: TreeFileMode;
  readonly sizeBytes: number;
  /** A raw block. */
  readonly block: Cid;
}

export interface TreeLink {
  readonly type: 'link';
  readonly path: string;
  /** Relative to the link's folder; never above the root. */
  readonly target: string;
}

export type TreeFileMode = 0o644 | 0o755;
export type TreeNode = TreeFolder | TreeFile | TreeLink;

/** Sorted by path, each path once, every folder above a path named. */
export type FileTree = readonly TreeNode[];

/** The tree's block. Inverse: {@link parseTree}. */
export function formatTree(tree: FileTree): { readonly cid: Cid; readonly bytes: Uint8Array } {
  return encodeDagCbor(tree.map(formatNode));
}

function formatNode(node: TreeNode): readonly unknown[] {
  if (node.type === 'folder') return [node.path, node.type];
  if (node.type === 'link') return [node.path, node.type, node.target];
  return [node.path, node.type, node.mode, node.sizeBytes, linkTo(node.block)];
}

/** Inverse of {@link formatTree}; the bytes come from our own store, which has checked their CID. @throws NexusError `bad-tree` */
export function parseTree(bytes: Uint8Array): FileTree {
  const list = decodeDagCbor(bytes);
  if (!Array.isArray(list)) throw badTree('no list');
  const tree = list.map(parseNode);
  const wrong = tree.findIndex(({ path }, at) => at > 0 && compareNames(tree[at - 1]?.path ?? '', path) >= 0);
  if (wrong < 0) return tree;
  throw badTree(`path "${tree[wrong]?.path}" out of order or there twice`);
}

function parseNode(value: unknown): TreeNode {
  const [path, type, ...rest] = Array.isArray(value) ? (value as readonly unknown[]) : [];
  if (typeof path !== 'string') throw badTree('a node without a path');
  if (type === 'folder' && rest.length === 0) return { type, path };
  const [first, sizeBytes, link] = rest;
  if (type === 'link' && rest.length === 1 && typeof first === 'string') return { type, path, target: first };
  const block = asLink(link);
  const isMode = first === 0o644 || first === 0o755;
  if (type === 'file' && isMode && typeof sizeBytes === 'number' && block !== undefined)
    if (codecOfCid(block) === 'raw') return { type, path, mode: first, sizeBytes, block };
  throw badTree(`node "${path}" is no folder, file or link`);
}

function badTree(reason: string): NexusError {
  return new NexusError('bad-tree', `Cannot read a tree of files: ${reason}`, {
    hint: 'It was made by another version: remove the store and build again.',
  });
}

/** The paths above a path, the nearest first; none for a path in the root. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, parts.length - 1 - at).join('/'));
}
