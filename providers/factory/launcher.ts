/**
 * The launcher of cells, `/sbin/launch`: kernel/graft/launch and what it shares with Rumpk and init, as one static
 * program without a C library. The same sources give the same bytes in any folder.
 */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, NexusError } from '../../model';
import { checkLauncherArchitecture, type LauncherArchitecture } from '../pledge';
import type { Factory } from './factory';
import { readSource } from './source';
import { findToolchain, runTool } from './toolchain';

/** What the launcher may take of an image. */
export const launcherSizeMaxBytes = 16 * 1024;

const machineFlags: Readonly<Record<LauncherArchitecture, readonly string[]>> = {
  x86_64: [
    '--target=x86_64-unknown-linux-gnu',
    '-march=x86-64',
    '-mno-sse',
    '-mno-mmx',
    '-fcf-protection=none',
  ],
  riscv64: ['--target=riscv64-unknown-linux-gnu', '-march=rv64imac_zicsr_zifencei', '-mabi=lp64', '-mrelax'],
};

/** No header of the machine that compiles is read: only the compiler's own (stdint.h and the like). */
const flags = [
  '--no-default-config',
  '-std=gnu11',
  '-Oz',
  '-ffreestanding',
  '-fno-builtin',
  '-nostdlibinc',
  '-fno-pic',
  '-fno-jump-tables',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Wshadow',
  '-Wconversion',
  '-Wno-sign-conversion',
  '-Werror',
  '-nostdlib',
  '-static',
  '-Wl,--gc-sections,--build-id=none,--strip-all,-z,noseparate-code,-z,noexecstack,--no-rosegment',
] as const;

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
  const { clang, linker } = await findToolchain({ signal });
  const scratch = await mkdtemp(join(temporaryFolder, 'nexus-launcher-'));
  try {
    const output = join(scratch, 'launch');
    const args = [
      ...machineFlags[machine],
      ...flags,
      `--ld-path=${linker}`,
      `-ffile-prefix-map=${folder}=.`,
      ...['-o', output, ...shared, ...own],
    ];
    const { exitCode, stderr } = await runTool(clang, args, { folder, temporaryFolder: scratch, signal });
    if (exitCode !== 0) throw compileFailed(stderr);
    return checkSize(new Uint8Array(await readFile(output)));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function compileFailed(stderr: string): NexusError {
  const text = /error: (.+)$/m.exec(stderr)?.[1] ?? 'the compiler failed and said nothing';
  return new NexusError('compile-failed', `Cannot compile the launcher: ${text}`, {
    hint: `The compiler says:\n${stderr.slice(0, 2000).trimEnd()}`,
  });
}

function checkSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= launcherSizeMaxBytes) return bytes;
  throw new NexusError(
    'launcher-too-large',
    `Cannot make the launcher: ${bytes.length} bytes, expected at most ${launcherSizeMaxBytes}`,
    { hint: 'Make kernel/graft/launch smaller.' },
  );
}
