/**
 * From C files to one linked ELF file for riscv64. The same files give the same bytes in any folder: sources are named
 * relative to their folder, other paths are mapped away, there is no build id, and no clock is read.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { runTool, type Toolchain, type ToolRun } from './toolchain';

export interface Compilation {
  /** For messages: `kernel`, or `cell "hello"`. */
  readonly what: string;
  /** The folder of the sources; the compiler runs in it. */
  readonly folder: string;
  /** Relative to `folder`, or absolute. The order decides the layout. */
  readonly sources: readonly string[];
  readonly linkerScript: string;
  readonly flags: readonly string[];
  /** Folders whose absolute path may stand in a flag or a source, by what they are called instead. */
  readonly mappedFolders: Readonly<Record<string, string>>;
  /** Where the compilation has its scratch folder. @default the system's folder for temporary files */
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Compiled {
  readonly elf: Uint8Array;
  /** lld's link map: which part of which file takes which address and size. */
  readonly linkMap: string;
}

/** The machine, and a program that stands on nothing. Relaxation shortens calls; prologues are shared (lib/). */
export const commonFlags = [
  '--target=riscv64-unknown-elf',
  '--no-default-config',
  '-march=rv64imac_zicsr_zifencei',
  '-mabi=lp64',
  '-mcmodel=medany',
  '-mrelax',
  '-std=gnu11',
  '-Oz',
  '-ffreestanding',
  '-fno-builtin',
  '-fno-pic',
  '-fno-jump-tables',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-ffunction-sections',
  '-fdata-sections',
  '-Wall',
  '-Wextra',
  '-Werror=date-time',
  '-nostdlib',
  '-static',
] as const;

/** @throws NexusError `compile-failed` with the place of the first error; `aborted` */
export async function compile(toolchain: Toolchain, compilation: Compilation): Promise<Compiled> {
  const scratch = await mkdtemp(join(compilation.temporaryFolder ?? tmpdir(), 'nexus-compile-'));
  try {
    const [elf, map] = [join(scratch, 'output.elf'), join(scratch, 'output.map')];
    await runCompiler(toolchain, compilation, ['-o', elf, '-Xlinker', `-Map=${map}`], scratch);
    return { elf: new Uint8Array(await readFile(elf)), linkMap: await readFile(map, 'utf8') };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runCompiler(
  toolchain: Toolchain,
  { what, folder, sources, linkerScript, flags, mappedFolders, signal }: Compilation,
  output: readonly string[],
  temporaryFolder: string,
): Promise<void> {
  const maps = Object.entries({ ...mappedFolders, [folder]: '.' }).map(
    ([from, to]) => `-ffile-prefix-map=${from}=${to}`,
  );
  const linking = [
    `--ld-path=${toolchain.linker}`,
    '-Wl,--gc-sections',
    '-Wl,--build-id=none',
    '-T',
    linkerScript,
  ];
  const args = [...commonFlags, ...maps, ...flags, ...linking, ...output, ...sources];
  const run: ToolRun = { folder, temporaryFolder, signal };
  const { exitCode, stderr } = await runTool(toolchain.clang, args, run);
  if (exitCode !== 0) throw compileFailed(what, stderr);
}

/** clang writes `file:line:column: error: text`; the linker `ld.lld: error: text`. */
function compileFailed(what: string, stderr: string): NexusError {
  const located = /^(.+?):(\d+):(\d+): (?:fatal )?error: (.+)$/m.exec(stderr);
  const plain = /error: (.+)$/m.exec(stderr)?.[1] ?? 'the compiler failed and said nothing';
  const [, file, line, column, text = plain] = located ?? [];
  const where = file === undefined ? '' : `${file}:${line}:${column}: `;
  return new NexusError('compile-failed', `Cannot compile ${what}: ${where}${text}`, {
    hint: `The compiler says:\n${firstLines(stderr, 20)}`,
    ...(file === undefined ? {} : { place: { file, line: Number(line), column: Number(column) } }),
  });
}

function firstLines(text: string, count: number): string {
  const lines = text.trimEnd().split('\n');
  return lines.length <= count ? lines.join('\n') : [...lines.slice(0, count), '…'].join('\n');
}
