/**
 * init, the first process of a Linux image: kernel/graft/init with those of Rumpk's sources that it shares, as one static
 * program without a C library. The same sources give the same bytes in any folder.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError } from '../../../model';
import { type Factory, withScratchFolder } from '../factory';
import { readSource, type SourceTree, sourceTree, writeSource } from '../source';
import { runTool, type Toolchain } from '../toolchain';
import type { ImageArchitecture } from './manifest';

const machineFlags: Readonly<Record<ImageArchitecture, readonly string[]>> = {
  x86_64: ['--target=x86_64-unknown-linux-gnu', '-march=x86-64', '-fcf-protection=none'],
  riscv64: ['--target=riscv64-unknown-linux-gnu', '-march=rv64imac_zicsr_zifencei', '-mabi=lp64', '-mrelax'],
};

/** Besides those of the launcher it is quick: it hashes all of the initramfs for each record. */
const flags = [
  '--no-default-config',
  '-std=gnu11',
  '-O2',
  '-ffreestanding',
  '-fno-builtin',
  '-nostdlibinc',
  '-fno-pic',
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
  '-Wl,--gc-sections,--build-id=none,--strip-all,-z,noexecstack',
] as const;

const ownPattern = /^graft\/(?:init|linux)\/[^/]+\.[chS]$/;
const sharedPattern = /^(?:crypto|lib)\/[^/]+\.[ch]$|^cell\/memory\.c$|^[^/]+\.h$/;
/** Of Rumpk's own: configuration, console, identity, records, hellos. */
const sharedFiles = ['config.c', 'console.c', 'identity.c', 'record.c', 'utcp.c'];

/** All that init is made of, digested. */
export async function readInitSource(kernelFolder: string): Promise<SourceTree> {
  const { files } = await readSource(kernelFolder);
  return sourceTree(
    files.filter(
      ({ path }) => ownPattern.test(path) || sharedPattern.test(path) || sharedFiles.includes(path),
    ),
  );
}

/** @throws NexusError `compile-failed`, `aborted` */
export function compileInit(
  source: SourceTree,
  architecture: ImageArchitecture,
  { clang, linker }: Toolchain,
  factory: Factory,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return withScratchFolder(factory, async (folder) => {
    await writeSource(source, folder);
    const sources = source.files.map(({ path }) => path).filter((path) => /\.[cS]$/.test(path));
    const output = join(folder, 'init');
    const maps = [`--ld-path=${linker}`, `-ffile-prefix-map=${folder}=.`];
    const args = [...machineFlags[architecture], ...flags, ...maps, '-o', output, ...sources];
    const { exitCode, stderr } = await runTool(clang, args, { folder, temporaryFolder: folder, signal });
    if (exitCode === 0) return new Uint8Array(await readFile(output));
    const text = /error: (.+)$/m.exec(stderr)?.[1] ?? 'the compiler failed and said nothing';
    throw new NexusError('compile-failed', `Cannot compile init: ${text}`, {
      hint: `The compiler says:\n${stderr.slice(0, 2000).trimEnd()}`,
    });
  });
}
