/**
 * The programs of Linux images that are ours, init and the launcher: C without a C library, linked statically. The same
 * sources give the same bytes in any folder.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { runTool, type Toolchain } from './toolchain';

export interface StaticProgram {
  /** In errors: `the launcher`. */
  readonly what: string;
  readonly architecture: 'x86_64' | 'riscv64';
  /** What the sources are relative to. */
  readonly folder: string;
  readonly sources: readonly string[];
  /** How it differs from the others: optimisation, and options of the linker. */
  readonly flags: readonly string[];
  readonly toolchain: Pick<Toolchain, 'clang' | 'linker'>;
  /** Takes the output; the caller removes it. */
  readonly scratchFolder: string;
  readonly signal?: AbortSignal | undefined;
}

const machineFlags: Readonly<Record<StaticProgram['architecture'], readonly string[]>> = {
  x86_64: ['--target=x86_64-unknown-linux-gnu', '-march=x86-64', '-fcf-protection=none'],
  riscv64: ['--target=riscv64-unknown-linux-gnu', '-march=rv64imac_zicsr_zifencei', '-mabi=lp64', '-mrelax'],
};

/** No header of the machine that compiles is read: only the compiler's own (stdint.h and the like). */
const commonFlags = [
  '--no-default-config',
  '-std=gnu11',
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

/** @throws NexusError `compile-failed`, `aborted` */
export async function compileStaticProgram(program: StaticProgram): Promise<Uint8Array> {
  const { what, architecture, folder, sources, flags, toolchain, scratchFolder, signal } = program;
  const output = join(scratchFolder, 'program');
  const place = [`--ld-path=${toolchain.linker}`, `-ffile-prefix-map=${folder}=.`, '-o', output];
  const args = [...machineFlags[architecture], ...commonFlags, ...flags, ...place, ...sources];
  const options = { folder, temporaryFolder: scratchFolder, signal };
  const { exitCode, stderr } = await runTool(toolchain.clang, args, options);
  if (exitCode === 0) return new Uint8Array(await readFile(output));
  const text = /error: (.+)$/m.exec(stderr)?.[1] ?? 'the compiler failed and said nothing';
  throw new NexusError('compile-failed', `Cannot compile ${what}: ${text}`, {
    hint: `The compiler says:\n${stderr.slice(0, 2000).trimEnd()}`,
  });
}
