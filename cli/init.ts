/** `nexus init`: a working infrastructure repository, from the files that come with this program. */
import type { Stats } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { factoryVersion, NexusError } from '../model';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { printJson } from './output';
import { UsageError } from './usage-error';
import { createVerb } from './verb';

export function defineInit(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('init', 'make a working infrastructure repository', [
    ['nexus init infrastructure', 'makes the folder with app, test and CI file'],
  ])
    .argument('<folder>', 'the folder to make')
    .action(async (folder: string, options: CommonOptions) => end(await init(folder, options, io)));
}

async function init(name: string, options: CommonOptions, io: Io): Promise<ExitCode> {
  const folder = resolve(io.cwd, name);
  await checkIsFree(folder, name, io.cwd);
  const files = await makeWhole(folder, io);
  if (options.json) printJson(io.out, { folder, files });
  else io.out.write(formatReport(name, files));
  return exitCode.ok;
}

/** A new folder or an empty one, but not the one where the shell stands: it is replaced as a whole. */
async function checkIsFree(folder: string, name: string, cwd: string): Promise<void> {
  if (relative(folder, cwd) === '')
    throw refusal('working-folder', name, 'it is the working folder, expected another', {
      hint: 'Run it in the folder above, with the name of this one.',
    });
  const found: Stats | undefined = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory())
    throw refusal('not-a-folder', name, 'it is a file, expected no file or an empty folder', {
      hint: 'Name another folder.',
    });
  const names = await readdir(folder);
  if (names.length === 0) return;
  throw refusal('folder-not-empty', name, `it holds ${names.length} files, expected none`, {
    hint: 'Name a new folder; nothing that is there is touched.',
  });
}

function refusal(code: string, name: string, reason: string, { hint }: { hint: string }): UsageError {
  return new UsageError(code, `Cannot make a repository in "${name}": ${reason}`, { hint });
}

/** Made beside the folder and moved there with one rename: whoever interrupts it finds all of it or nothing. */
async function makeWhole(folder: string, io: Io): Promise<readonly string[]> {
  const made = await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(join(dirname(folder), '.nexus-init-'));
  try {
    const files = await fillIn(draft, basename(folder), io);
    io.signal.throwIfAborted();
    await chmod(draft, 0o755);
    await rename(draft, folder);
    return files;
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    io.signal.throwIfAborted();
    throw new NexusError('init-failed', `Cannot make a repository in "${folder}": ${reasonOf(cause)}`, {
      hint: 'Nothing was made; see that the folder above can be written to.',
      cause,
    });
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Names that a package could not bring: npm takes a `.gitignore` in it for its own. */
const renamed: Readonly<Record<string, string>> = { gitignore: '.gitignore' };

async function fillIn(
  draft: string,
  name: string,
  { templateFolder, signal }: Io,
): Promise<readonly string[]> {
  await cp(templateFolder, draft, {
    recursive: true,
    filter: () => {
      signal.throwIfAborted();
      return true;
    },
  });
  for (const [from, to] of Object.entries(renamed)) await rename(join(draft, from), join(draft, to));
  await nameThePackage(join(draft, 'package.json'), name);
  const entries = await readdir(draft, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((file) => relative(draft, join(file.parentPath, file.name))).toSorted();
}

interface PackageFile {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package is named after its folder, and uses the version of this program. */
async function nameThePackage(file: string, name: string): Promise<void> {
  const given = JSON.parse(await readFile(file, 'utf8')) as PackageFile;
  const dependencies = { ...given.dependencies, 'nexus-factory': factoryVersion };
  const named = { name: packageName(name), ...given, dependencies };
  await writeFile(file, `${JSON.stringify(named, undefined, 2)}\n`);
}

/** What npm takes for a name: lower case, no more than letters, digits, dots, dashes and underscores. */
function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 100);
  return name === '' ? 'infrastructure' : name;
}

function formatReport(name: string, files: readonly string[]): string {
  const lines = files.map((file) => `  ${file}\n`).join('');
  return `Made "${name}":\n${lines}\nNext:\n  cd ${name}\n  npm install\n  npm test\n  npx cdktf deploy\n`;
}
