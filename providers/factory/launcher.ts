/**
 * The launcher of cells, `/sbin/launch`: kernel/graft/launch and what it shares with Rumpk and init, as one static
 * program without a C library. The same sources give the same bytes in any folder.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, NexusError } from '../../model';
import { checkLauncherArchitecture, type LauncherArchitecture } from '../pledge';
import type { Factory } from './factory';
import { readSource } from './source';
import { compileStaticProgram } from './static-program';
import { findToolchain } from './toolchain';

/** What the launcher may take of an image. */
export const launcherSizeMaxBytes = 16 * 1024;

/** Small above all; it computes nothing that wants vectors. */
const flags = ['-Oz', '-fno-jump-tables', '-Wl,-z,noseparate-code,--no-rosegment'] as const;
const noVectors: Readonly<Record<LauncherArchitecture, readonly string[]>> = {
  x86_64: ['-mno-sse', '-mno-mmx'],
  riscv64: [],
};

const shared = ['graft/linux/entry.S', 'lib/bytes.c', 'lib/text.c', 'cell/memory.c'];

/** @throws NexusError `no-launcher`, `missing-toolchain`, `compile-failed`, `launcher-too-large`, `aborted` */
export async function compileLauncher(
  architecture: Architecture,
  { kernelFolder, temporaryFolder }: Pick<Factory, 'kernelFolder' | 'temporaryFolder'>,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const machine = checkLauncherArchitecture(architecture);
  const folder = await realpath(kernelFolder);
  const { files } = await readSource(folder);
  const own = files.map(({ path }) => path).filter((path) => /^graft\/launch\/.*\.c$/.test(path));
  const toolchain = await findToolchain({ signal });
  const scratch = await mkdtemp(join(temporaryFolder, 'nexus-launcher-'));
  try {
    const program = await compileStaticProgram({
      what: 'the launcher',
      architecture: machine,
      folder,
      sources: [...shared, ...own],
      flags: [...noVectors[machine], ...flags],
      toolchain,
      scratchFolder: scratch,
      signal,
    });
    return checkSize(program);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function checkSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= launcherSizeMaxBytes) return bytes;
  throw new NexusError(
    'launcher-too-large',
    `Cannot make the launcher: ${bytes.length} bytes, expected at most ${launcherSizeMaxBytes}`,
    { hint: 'Make kernel/graft/launch smaller.' },
  );
}
