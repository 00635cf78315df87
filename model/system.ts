/** A system: what goes into one image, as `system.kdl` says it. */
import { type CellDefinition, checkCell } from './cell';
import { NexusError } from './error';
import { checkName, checkUnique, compareNames } from './name';
import { type ProfileName, parseProfileName } from './profile';

export interface System {
  readonly name: string;
  readonly profile: ProfileName;
  /** Sorted by name: the order in the text means nothing, and never changes an image. */
  readonly cells: readonly CellDefinition[];
}

/** The most cells an image has: the kernel's CELLS_MAX. */
export const cellsMax = 8;

/** @returns the system with its cells in order. @throws NexusError of the first thing that is wrong */
export function checkSystem(system: System): System {
  const cells = system.cells.map(checkCell);
  checkCellCount(system.name, cells.length);
  checkUnique(
    'cell',
    cells.map((cell) => cell.name),
  );
  return {
    name: checkName('system', system.name),
    profile: parseProfileName(system.profile),
    cells: cells.toSorted((left, right) => compareNames(left.name, right.name)),
  };
}

function checkCellCount(name: string, count: number): void {
  if (count >= 1 && count <= cellsMax) return;
  throw new NexusError(
    'bad-cell-count',
    `Cannot make system "${name}": it has ${count} cells, expected 1 to ${cellsMax}`,
    {
      hint:
        count === 0 ? 'Add a cell: `cell "hello" { source "cells/hello" }`.' : 'Split it into two images.',
    },
  );
}
