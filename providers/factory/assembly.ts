/**
 * What a cell's assembly reads. `.incbin` and `.include` put a file into the cell that stands in no list of the compiler's
 * (`-M` knows the preprocessor's files alone), from anywhere and under any name that a macro of the assembler puts together.
 * So none of them is taken: `#embed` and `#include` do the same, and are checked (includes.ts).
 *
 * The text of inline assembly is taken from LLVM's form of the compiled file, in which strings and macros of C are put
 * together already and which has nothing that is not compiled; an assembly file is looked at preprocessed.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NexusError, quote } from '../../model';
import { commonFlags } from './compile';
import { runTool, type Toolchain } from './toolchain';

export interface AssemblyCheck {
  /** For messages: `cell "hello"`. */
  readonly what: string;
  readonly folder: string;
  /** `.c` and `.S`, relative to the folder. */
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** @default the system's folder for temporary files */
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws NexusError `foreign-include`; sources that do not compile are left to the compiler */
export async function checkAssembly(toolchain: Toolchain, check: AssemblyCheck): Promise<void> {
  const scratch = await mkdtemp(join(check.temporaryFolder ?? tmpdir(), 'nexus-assembly-'));
  try {
    for (const source of check.sources) await checkSource(toolchain, check, source, join(scratch, 'text'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function checkSource(
  { clang }: Toolchain,
  { what, folder, flags, signal, temporaryFolder }: AssemblyCheck,
  source: string,
  output: string,
): Promise<void> {
  const isAssembly = source.endsWith('.S');
  const form = isAssembly ? ['-E'] : ['-S', '-emit-llvm'];
  const args = [...commonFlags, ...flags, ...form, '-o', output, source];
  const { exitCode } = await runTool(clang, args, { folder, signal, temporaryFolder });
  if (exitCode !== 0) return;
  const text = await readFile(output, 'utf8');
  const directive = findReadingDirective(isAssembly ? text : inlineAssembly(text));
  if (directive === undefined) return;
  throw new NexusError(
    'foreign-include',
    `Cannot compile ${what}: ${quote(source)} has the assembler's ${quote(directive)}, which can read any file, expected none`,
    {
      hint: "Put the file into the cell's folder and take it in with #embed or #include; use macros of C, not of the assembler.",
    },
  );
}

/** The assembly in a file of LLVM's form: `asm sideeffect "…"` and `module asm "…"`, with `\0A` for a byte. */
export function inlineAssembly(text: string): string {
  const lines = text.split('\n').filter((line) => /\basm\b/.test(line));
  return lines
    .join('\n')
    .replace(/\\([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/**
 * The first directive that reads a file, or that makes text out of pieces and may so hide one. The assembler does not
 * care for the case of their letters.
 */
export function findReadingDirective(text: string): string | undefined {
  return /(?<![\w.$@])\.(?:incbin|include|macro|altmacro|irpc?)\b/i.exec(text)?.[0];
}
