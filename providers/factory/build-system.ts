/** All of a build: the text of a system.kdl in, its cells and its image in the store out. */
import { dirname } from 'node:path';
import { checkProfileIsBuilt, parseSystem, type System } from '../../model';
import { type BuiltCell, buildCell } from './build-cell';
import { type BuiltImage, buildImage } from './build-image';
import type { BuildOptions, Factory } from './factory';

export interface BuiltSystem {
  readonly system: System;
  /** By cell name. */
  readonly cells: Readonly<Record<string, BuiltCell>>;
  readonly image: BuiltImage;
}

/**
 * Builds what a KDL text says.
 * @param file the text's name in errors; the cells' sources are relative to its folder
 * @throws NexusError of the text with its place, or of any step; `aborted`
 */
export async function buildSystem(
  kdlText: string,
  file: string,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltSystem> {
  const system = parseSystem(kdlText, file);
  checkProfileIsBuilt(system.profile);
  const cells: Record<string, BuiltCell> = {};
  for (const definition of system.cells)
    cells[definition.name] = await buildCell(definition, dirname(file), factory, options);
  const variantCids = Object.fromEntries(
    Object.entries(cells).map(([name, cell]) => [name, cell.variantCid]),
  );
  return { system, cells, image: await buildImage(system, variantCids, factory, options) };
}
