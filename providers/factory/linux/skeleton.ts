/**
 * What a root has besides its cells: the folders that init mounts on, the accounts that programs look for, and what init
 * reads. A cell that brings one of these files has its own.
 */

import { type FileTree, foldersAbove, type TreeNode } from '../../nip';
import type { BlockStore } from '../../store';
import { formatServices, type LinuxService } from './services';

export interface SkeletonRequest {
  /** The image's name, for os-release. */
  readonly name: string;
  readonly services: readonly LinuxService[];
  /** Folders that are memory, absolute: each start finds them empty. */
  readonly volatileFolders: readonly string[];
}

const folders = [
  'dev',
  'etc/nexus',
  'mnt',
  'proc',
  'root',
  'run',
  'sys',
  'tmp',
  'usr/bin',
  'var/tmp',
] as const;

/** The cells' own nodes, and of the skeleton what they lack. */
export async function addSkeleton(
  cells: FileTree,
  request: SkeletonRequest,
  store: BlockStore,
): Promise<FileTree> {
  const nodes = new Map<string, TreeNode>(cells.map((node) => [node.path, node]));
  const add = (node: TreeNode): void => {
    for (const path of foldersAbove(node.path))
      if (!nodes.has(path)) nodes.set(path, { type: 'folder', path });
    if (!nodes.has(node.path)) nodes.set(node.path, node);
  };
  for (const path of [...folders, ...request.volatileFolders.map((folder) => folder.slice(1))])
    add({ type: 'folder', path });
  for (const path of ['bin', 'lib', 'lib64', 'sbin'])
    if (nodes.has(`usr/${path}`)) add({ type: 'link', path, target: `usr/${path}` });
  for (const [path, text] of Object.entries(filesOf(request))) {
    const bytes = Buffer.from(text);
    const block = await store.put('raw', bytes);
    add({ type: 'file', path, mode: 0o644, sizeBytes: bytes.length, block });
  }
  return [...nodes.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** Paths and texts. No password fits an account: whoever comes in comes by a key, or by a terminal of the machine. */
function filesOf({ name, services, volatileFolders }: SkeletonRequest): Readonly<Record<string, string>> {
  return {
    'etc/group': 'root:x:0:\ntty:x:5:\nnogroup:x:65534:\n',
    'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
    'etc/nexus/services': formatServices(services),
    'etc/nexus/volatile': volatileFolders.map((folder) => `${folder}\n`).join(''),
    'etc/os-release': `NAME="Nexus"\nID=nexus\nVARIANT_ID=${name}\n`,
    'etc/passwd':
      'root:*:0:0:root:/root:/bin/sh\nnobody:*:65534:65534:nobody:/:/bin/false\nsshd:*:100:65534::/run/sshd:/bin/false\n',
    'etc/shadow': '',
  };
}
