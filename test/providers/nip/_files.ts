/** Trees as a test sees them, and small tars. */
import { createHash } from 'node:crypto';
import { type Header, pack } from 'tar-stream';
import type { FileTree } from '../../../providers/nip';

/** One line a node. */
export function listTree(tree: FileTree): string[] {
  return tree.map((node) => {
    if (node.type === 'folder') return `${node.path}/`;
    if (node.type === 'link') return `${node.path} -> ${node.target}`;
    return `${node.path} ${node.mode.toString(8)} ${node.sizeBytes}`;
  });
}

export type TarEntry = Partial<Header> & { readonly name: string } & {
  readonly text?: string;
  readonly bytes?: Buffer;
};

/** A tar; contents are texts. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const packer = pack();
  for (const { text, bytes, ...header } of entries) packer.entry(header, bytes ?? text ?? '');
  packer.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of packer as unknown as AsyncIterable<Uint8Array>) parts.push(part);
  return Buffer.concat(parts);
}

export const hexOf = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');
