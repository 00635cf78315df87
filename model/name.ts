/** Names of cells, systems, nodes, images, meshes and hosts: they become file names, KDL words and log text. */
import { NexusError, quote } from './error';

/** One lower-case letter, then at most 30 lower-case letters, digits and dashes. */
export const namePattern = /^[a-z][a-z0-9-]{0,30}$/;

export type NameKind = 'cell' | 'system' | 'mesh' | 'node' | 'image' | 'host' | 'release' | 'member' | 'site';

/** @returns the name, checked. @throws NexusError `bad-name` */
export function checkName(kind: NameKind, name: string): string {
  if (namePattern.test(name)) return name;
  throw new NexusError(
    'bad-name',
    `Cannot name a ${kind} ${quote(name)}: ${whyNot(name)}, expected 1 to 31 of a-z, 0-9 and "-", a letter first`,
    { hint: `Rename the ${kind}, for example to "${nearestName(name)}".` },
  );
}

function whyNot(name: string): string {
  if (name === '') return 'empty';
  if (name.length > 31) return `${name.length} characters`;
  return /^[a-z]/.test(name) ? 'a character that no name may have' : 'no lower-case letter at the start';
}

function nearestName(name: string): string {
  const cleaned = name
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 31)
    .replace(/-+$/, '');
  return cleaned === '' ? 'hello' : cleaned;
}

/** Throws when a name stands twice. @throws NexusError `duplicate-name` */
export function checkUnique(kind: NameKind, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new NexusError(
    'duplicate-name',
    `Cannot add ${kind} ${quote(repeated)}: there is one of that name already, expected each name once`,
    { hint: `Rename one of the two, or remove it.` },
  );
}

/** Order of names everywhere: by code unit, so that no locale can change an output. */
export function compareNames(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
