/**
 * What a cell's sources read while they are compiled. A file from outside their folder would be in the cell and not in
 * its source digest: another machine, or the same one tomorrow, would build something else from the same digest. So it
 * is refused, before the compiler can quote a line of it in an error.
 */
import { resolve, sep } from 'node:path';
import { NexusError, quote } from '../../model';
import { commonFlags } from './compile';
import { runTool, type Toolchain } from './toolchain';

export interface IncludeCheck {
  /** For messages: `cell "hello"`. */
  readonly what: string;
  /** The folder of the sources, which may be read wholly. Without links in its path, as the others. */
  readonly folder: string;
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** Other folders that may be read from. */
  readonly allowedFolders: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** @throws NexusError `foreign-include`; sources that do not compile are left to the compiler */
export async function checkIncludes(toolchain: Toolchain, check: IncludeCheck): Promise<void> {
  const { what, folder, sources, flags, signal } = check;
  const run = { folder, signal };
  const resources = await runTool(toolchain.clang, ['-print-resource-dir'], run);
  const read = await runTool(toolchain.clang, [...commonFlags, ...flags, '-M', ...sources], run);
  const allowed = [folder, ...check.allowedFolders, resources.stdout.trim()];
  const foreign = parseMakeRules(read.stdout)
    .map((file) => resolve(folder, file))
    .find((file) => !allowed.some((parent) => file.startsWith(`${parent}${sep}`)));
  if (foreign === undefined) return;
  throw new NexusError(
    'foreign-include',
    `Cannot compile ${what}: it reads ${quote(foreign)}, which is not in its folder`,
    {
      hint: "Copy the file into the cell's folder, so that it counts in the cell's digest.",
    },
  );
}

/** The files on the right sides of Make rules, as `clang -M` writes them: a space in a name as `\ `, a `$` as `$$`. */
export function parseMakeRules(text: string): string[] {
  const rules = text.replace(/\\\r?\n/g, ' ').split('\n');
  return rules.flatMap((rule) => {
    const [, files = ''] = /^.*?\.o:(.*)$/.exec(rule) ?? [];
    const names = files.match(/(?:\\.|[^\s\\])+/g) ?? [];
    return names.map((name) => name.replace(/\\([ #])/g, '$1').replaceAll('$$', '$'));
  });
}
