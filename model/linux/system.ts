/** A system of a Linux profile: what is grafted into one image. */
import { NexusError } from '../error';
import { checkName, checkUnique, compareNames } from '../name';
import { type ProfileName, parseProfileName, profiles } from '../profile';
import { checkLinuxCell, type LinuxCell } from './cell';
import { type Architecture, checkRepository, parseArchitecture, type Repository } from './repository';

export interface LinuxSystem {
  readonly name: string;
  readonly profile: ProfileName;
  readonly architecture: Architecture;
  /** One for each adapter, sorted by it. */
  readonly repositories: readonly Repository[];
  /** Sorted by name. */
  readonly cells: readonly LinuxCell[];
}

export const linuxCellsMax = 64;

/** @returns the system in its one order. @throws NexusError of the first thing that is wrong */
export function checkLinuxSystem(system: LinuxSystem): LinuxSystem {
  const name = checkName('system', system.name);
  const cells = system.cells.map(checkLinuxCell);
  checkUnique(
    'cell',
    cells.map((cell) => cell.name),
  );
  if (cells.length > linuxCellsMax)
    throw new NexusError(
      'bad-cell-count',
      `Cannot make system "${name}": it has ${cells.length} cells, expected at most ${linuxCellsMax}`,
      { hint: 'Split it into two images.' },
    );
  const repositories = system.repositories
    .map(checkRepository)
    .toSorted((left, right) => compareNames(left.adapter, right.adapter));
  for (const cell of cells) checkSources(cell, repositories);
  return {
    name,
    profile: checkLinuxProfile(system.profile),
    architecture: parseArchitecture(system.architecture),
    repositories,
    cells: cells.toSorted((left, right) => compareNames(left.name, right.name)),
  };
}

function checkLinuxProfile(text: string): ProfileName {
  const profile = parseProfileName(text);
  if (profiles[profile].kernel === 'linux') return profile;
  throw new NexusError(
    'other-kernel',
    `Cannot graft packages into profile "${profile}": its kernel is ${profiles[profile].kernel}, expected linux`,
    { hint: 'Use dragonbox, nexbox or linbox, or write cells with a `source`.' },
  );
}

/** Each package must say where it comes from, as far as that is not plain. */
function checkSources(cell: LinuxCell, repositories: readonly Repository[]): void {
  for (const { name, from } of cell.packages) {
    const isPlain =
      from === undefined ? repositories.length === 1 : repositories.some((each) => each.adapter === from);
    if (isPlain) continue;
    const has = repositories.map(({ adapter }) => adapter).join(', ');
    throw new NexusError(
      'no-repository',
      `Cannot find package "${name}" of cell "${cell.name}": ${from === undefined ? `the system has ${repositories.length} repositories` : `no repository "${from}"`}, expected ${has === '' ? 'one' : `one of ${has}`}`,
      { hint: 'Add `repository "debian" suite="bookworm"`, or `from="…"` to the package.' },
    );
  }
}
