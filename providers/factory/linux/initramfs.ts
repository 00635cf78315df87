/**
 * The first root of a Linux image: init and the kernel's modules, by their number in the order in which they are loaded.
 *
 *     init   modules/000   modules/001   …
 *
 * As a cpio archive in xz. A node's start puts a second archive behind it, with what is that node's own:
 *
 *     nexus/image    the image's manifest         nexus/config    the node's configuration, which init wipes
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { NexusError, sha256 } from '../../../model';
import { formatCpio } from './cpio';
import type { KernelModule } from './modules';

export const modulesMax = 255;

export interface Initramfs {
  readonly bytes: Uint8Array;
  readonly filesDigest: Uint8Array;
}

/** @throws NexusError `too-many-modules`, `tool-failed` */
export async function createInitramfs(
  init: Uint8Array,
  modules: readonly KernelModule[],
): Promise<Initramfs> {
  if (modules.length > modulesMax)
    throw new NexusError(
      'too-many-modules',
      `Cannot make an initramfs: ${modules.length} modules, expected at most ${modulesMax}`,
      { hint: 'Name fewer modules: each brings what it needs.' },
    );
  const files = [init, ...modules.map(({ bytes }) => bytes)];
  const archive = formatCpio([
    { path: 'init', bytes: init, isProgram: true },
    { path: 'modules' },
    ...modules.map(({ bytes }, index) => ({ path: `modules/${String(index).padStart(3, '0')}`, bytes })),
  ]);
  return { bytes: await compress(archive), filesDigest: sha256(Buffer.concat(files.map(sha256))) };
}

/** What a node is started with: the image's initramfs, and behind it what is the node's. @param config none for a machine without an identity */
export function formatNodeInitrd(
  initramfs: Uint8Array,
  manifest: Uint8Array,
  config?: Uint8Array,
): Uint8Array {
  const own = [{ path: 'nexus' }, { path: 'nexus/image', bytes: manifest }];
  const archive = formatCpio(config === undefined ? own : [...own, { path: 'nexus/config', bytes: config }]);
  const start = Math.ceil(initramfs.length / 4) * 4;
  return new Uint8Array(Buffer.concat([Buffer.concat([initramfs], start), archive]));
}

/** The kernel's decoder knows no check but CRC32 (docs.kernel.org/staging/xz.html); one thread, so that the bytes are the same. */
async function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const child = spawn('xz', ['--format=xz', '--check=crc32', '--threads=1', '-6', '--stdout'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stdin.on('error', () => undefined);
  child.stdin.end(bytes);
  const [code] = await ended.catch((cause: unknown) => {
    throw toolFailed(String(cause), cause);
  });
  if (code !== 0) throw toolFailed(`xz ended with ${code}`);
  return new Uint8Array(Buffer.concat(parts));
}

function toolFailed(reason: string, cause?: unknown): NexusError {
  return new NexusError('tool-failed', `Cannot compress an initramfs: ${reason}`, {
    cause,
    hint: 'It needs xz. On Debian: sudo apt-get install xz-utils',
  });
}
