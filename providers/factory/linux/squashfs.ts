/**
 * A tree of files as a squashfs image: a tar stream of our own making into mksquashfs(1), so nothing of the tree is ever a
 * file of the builder's. One tree gives the same bytes anywhere: order, owners, modes and times are ours.
 *
 * xz in blocks of 1 MiB: the smallest of what Debian's kernels mount and Debian 12 can write, but for xz with its x86
 * filter, which saves 5% more and takes three times as long, as each block is tried both ways.
 */
import { spawn } from 'node:child_process';
import { type EventEmitter, once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { NexusError } from '../../../model';
import type { FileTree, TreeNode } from '../../nip';
import type { BlockStore } from '../../store';

/** It is an emitter as Node's are, which its types do not say. */
type Sink = ReturnType<Pack['entry']> & EventEmitter;

export interface SquashfsRequest {
  readonly tree: FileTree;
  readonly store: BlockStore;
  /** The file to write; there must be none of that name. */
  readonly output: string;
  readonly signal?: AbortSignal | undefined;
}

const fixed = ['-all-time', '0', '-mkfs-time', '0', '-all-root', '-root-mode', '0755'];
const quiet = ['-no-xattrs', '-no-progress', '-quiet'];

/** @throws NexusError `tool-failed`, `aborted` */
export async function writeSquashfs(request: SquashfsRequest): Promise<void> {
  const { output, signal } = request;
  const child = spawn('mksquashfs', ['-', output, '-tar', '-comp', 'xz', '-b', '1M', ...fixed, ...quiet], {
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

/** The tree as a tar: ustar, and pax where a name is long. */
export function tarOf({ tree, store }: Pick<SquashfsRequest, 'tree' | 'store'>): Readable {
  const archive = pack();
  void feed(archive, tree, store).catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(archive as AsyncIterable<Uint8Array>, { objectMode: false });
}

async function feed(archive: Pack, tree: FileTree, store: BlockStore): Promise<void> {
  for (const node of tree) await addNode(archive, node, store);
  archive.finalize();
}

async function addNode(archive: Pack, node: TreeNode, store: BlockStore): Promise<void> {
  const entry = archive.entry(headerOf(node)) as Sink;
  const closed = once(entry, 'close');
  // It may fail while nobody waits for it: between two pieces of the block.
  closed.catch(() => undefined);
  if (node.type === 'file')
    for await (const piece of store.getStream(node.block))
      if (!entry.write(piece)) await Promise.race([once(entry, 'drain').catch(() => undefined), closed]);
  entry.end(null);
  await closed;
}

function headerOf(node: TreeNode): Parameters<Pack['entry']>[0] {
  const common = { name: node.path, uid: 0, gid: 0, mtime: new Date(0) };
  if (node.type === 'file') return { ...common, mode: node.mode, size: node.sizeBytes };
  if (node.type === 'link') return { ...common, type: 'symlink', linkname: node.target, mode: 0o777 };
  return { ...common, type: 'directory', mode: modeOf(node.path) };
}

/** Everyone may leave files in these, and remove only their own. */
function modeOf(folder: string): number {
  return folder === 'tmp' || folder === 'var/tmp' ? 0o1777 : 0o755;
}

function toolFailed(reason: string, cause?: unknown): NexusError {
  return new NexusError('tool-failed', `Cannot write a squashfs: ${reason}`, {
    cause,
    hint: 'It needs mksquashfs of squashfs-tools 4.5 or newer. On Debian: sudo apt-get install squashfs-tools',
  });
}
