/**
 * What one file needs of others, by its first bytes: an ELF file its interpreter and libraries, a script the program of
 * its first line. What a program opens by itself (dlopen, exec, configuration) cannot be seen; `keep` names it.
 */
import { posix } from 'node:path';
import { type ElfNeeds, readElfNeeds } from './elf';

export interface Need {
  readonly kind: 'interpreter' | 'library';
  /** What the file says: a path, or the name of a library. */
  readonly name: string;
  /** Paths to look at, the first that is there counts. */
  readonly candidates: readonly string[];
}

/** Where the dynamic linkers of Debian, Alpine and the like look. */
const libraryFolders = ['lib', 'usr/lib', 'lib64', 'usr/lib64', 'usr/local/lib'];
const triplets: Readonly<Record<number, string>> = {
  62: 'x86_64-linux-gnu',
  183: 'aarch64-linux-gnu',
  243: 'riscv64-linux-gnu',
};

/** @param path of the file, within the tree */
export function readNeeds(path: string, bytes: Uint8Array): readonly Need[] {
  const elf = readElfNeeds(bytes);
  if (elf !== undefined) return needsOfElf(path, elf);
  return bytes[0] === 0x23 && bytes[1] === 0x21 ? needsOfScript(bytes) : [];
}

function needsOfElf(path: string, elf: ElfNeeds): readonly Need[] {
  const folders = [...elf.searchPath.map((folder) => expand(folder, path)), ...defaultFolders(elf.machine)];
  const libraries = elf.libraries.map(
    (name): Need => ({
      kind: 'library',
      name,
      candidates: name.includes('/') ? [inTree(name)] : folders.map((folder) => `${folder}/${name}`),
    }),
  );
  if (elf.interpreter === undefined) return libraries;
  return [
    { kind: 'interpreter', name: elf.interpreter, candidates: [inTree(elf.interpreter)] },
    ...libraries,
  ];
}

function expand(folder: string, path: string): string {
  return inTree(folder.replace(/\$\{?ORIGIN\}?/g, `/${posix.dirname(path)}`));
}

function defaultFolders(machine: number): readonly string[] {
  const triplet = triplets[machine];
  const own = triplet === undefined ? [] : [`lib/${triplet}`, `usr/lib/${triplet}`];
  return [...own, ...libraryFolders];
}

/** `#! /usr/bin/env -S NAME …` needs both env and what it starts. */
function needsOfScript(bytes: Uint8Array): readonly Need[] {
  const line = Buffer.from(bytes.subarray(2, 258)).toString('latin1').split('\n')[0] ?? '';
  const [interpreter = '', ...words] = line.trim().split(/\s+/);
  if (!interpreter.startsWith('/')) return [];
  const first: Need = { kind: 'interpreter', name: interpreter, candidates: [inTree(interpreter)] };
  const program = words.find((word) => !word.startsWith('-') && !word.includes('='));
  if (posix.basename(interpreter) !== 'env' || program === undefined) return [first];
  const folders = ['usr/bin', 'bin', 'usr/sbin', 'usr/local/bin'];
  return [
    first,
    { kind: 'interpreter', name: program, candidates: folders.map((each) => `${each}/${program}`) },
  ];
}

function inTree(path: string): string {
  return posix.normalize(`/${path}`).slice(1);
}
