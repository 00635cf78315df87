/**
 * A tree of files as a squashfs image: a tar stream of our own making into sqfstar(1), so nothing of the tree is ever a
 * file of the builder's. One tree gives the same bytes anywhere: order, owners, modes and times are ours.
 *
 * xz in blocks of 1 MiB: of what a kernel of Debian can mount and this machine can write, it is the smallest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { type Architecture, NexusError } from '../../../model';
import type { FileTree, TreeFile } from '../../nip';
import type { BlockStore } from '../../store';

export interface SquashfsRequest {
  readonly tree: FileTree;
  readonly architecture: Architecture;
  readonly store: BlockStore;
  /** The file to write; there must be none of that name. */
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
}

const fixed = ['-all-time', '0', '-mkfs-time', '0', '-all-root', '-no-xattrs', '-no-progress', '-quiet'];

/** @throws NexusError `tool-failed`, `aborted` */
export async function writeSquashfs(request: SquashfsRequest): Promise<void> {
  const { architecture, output, signal } = request;
  const filter = architecture === 'x86_64' ? ['-Xbcj', 'x86'] : [];
  const child = spawn('sqfstar', ['-comp', 'xz', ...filter, '-b', '1M', ...fixed, output], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
    ...(signal === undefined ? {} : { signal }),
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (part: Buffer) => errors.push(part));
  const ended = once(child, 'close') as Promise<[number | null]>;
  // A child that ends early closes its input: what it says of that counts, not the broken pipe.
  const [fed, outcome] = await Promise.allSettled([pipeline(tarOf(request), child.stdin), ended]);
  if (signal?.aborted === true)
    throw new NexusError('aborted', 'Cannot write a squashfs: it was told to stop', { cause: signal.reason });
  const words = Buffer.concat(errors).toString().trim().split('\n').at(-1) ?? '';
  if (outcome.status === 'rejected') throw toolFailed(String(outcome.reason), outcome.reason);
  if (outcome.value[0] !== 0) throw toolFailed(words === '' ? `it ended with ${outcome.value[0]}` : words);
  if (fed.status === 'rejected') throw fed.reason;
}

/** The tree as a tar; sqfstar makes the folders above by itself, but with a mode of its own choice. */
export function tarOf({ tree, store }: Pick<SquashfsRequest, 'tree' | 'store'>): Readable {
  const archive = pack();
  void feed(archive, tree, store).catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive as AsyncIterable<Uint8Array>, { objectMode: false });
}

const common = { uid: 0, gid: 0, mtime: new Date(0) } as const;

async function feed(archive: Pack, tree: FileTree, store: BlockStore): Promise<void> {
  for (const node of tree) {
    if (node.type === 'file') await addFile(archive, node, store);
    else if (node.type === 'link')
      archive.entry({ ...common, name: node.path, type: 'symlink', linkname: node.target, mode: 0o777 });
    else archive.entry({ ...common, name: `${node.path}/`, type: 'directory', mode: modeOf(node.path) });
  }
  archive.finalize();
}

/** Everyone may leave files in these, and remove only their own. */
function modeOf(folder: string): number {
  return folder === 'tmp' || folder === 'var/tmp' ? 0o1777 : 0o755;
}

async function addFile(archive: Pack, { path, mode, sizeBytes, block }: TreeFile, store: BlockStore) {
  const entry = archive.entry({ ...common, name: path, mode, size: sizeBytes });
  for await (const piece of store.getStream(block))
    if (!entry.write(piece)) await new Promise<void>((resolve) => entry.once('drain', resolve));
  entry.end(null);
  await new Promise<void>((resolve, reject) => entry.once('finish', resolve).once('error', reject));
}

function toolFailed(reason: string, cause?: unknown): NexusError {
  return new NexusError('tool-failed', `Cannot write a squashfs: ${reason}`, {
    cause,
    hint: 'It needs sqfstar of squashfs-tools 4.5 or newer. On Debian: sudo apt-get install squashfs-tools',
  });
}
