/**
 * system.kdl: what goes into one image.
 *
 *     system "swarm" version=1 {
 *         profile "tinybox"
 *         cell "hello" {
 *             source "cells/hello"
 *             pledge "stdio" "clock" "mesh"
 *             stack-bytes 4096
 *         }
 *     }
 *
 * Reference: docs/system-kdl.md
 */
import { type CellDefinition, checkPledges, checkSource, checkStackBytes, stackBytesLimits } from '../cell';
import { atPlace, NexusError } from '../error';
import { checkName } from '../name';
import { type Pledge, parsePledge } from '../pledge';
import { parseProfileName } from '../profile';
import { checkSystem, type System } from '../system';
import type { KdlNode } from './_document';
import {
  checkLeaf,
  checkNodeNames,
  checkProperties,
  childOf,
  childrenOf,
  kdlVersion,
  numberOf,
  readRoot,
  textOf,
  textsOf,
  tryChildOf,
} from './_read';
import { block, line } from './_write';

/**
 * The text of a system, cells in the order of their names. Inverse: {@link parseSystem}.
 * @throws NexusError when the system is not valid
 */
export function formatSystem(system: System): string {
  const { name, profile, cells } = checkSystem(system);
  return block(
    0,
    'system',
    [name],
    [line(1, 'profile', [profile]), ...cells.map(formatCell)],
    ` version=${kdlVersion}`,
  );
}

function formatCell({ name, source, pledges, stackBytes }: CellDefinition): string {
  const pledge = pledges.length === 0 ? [] : [line(2, 'pledge', pledges)];
  return block(
    1,
    'cell',
    [name],
    [line(2, 'source', [source]), ...pledge, line(2, 'stack-bytes', [stackBytes])],
  );
}

/**
 * Inverse of {@link formatSystem}; order, comments and layout of the text mean nothing.
 * @param file the text's name in errors
 * @throws NexusError with file, line and column
 */
export function parseSystem(text: string, file: string): System {
  const root = readRoot(text, file, 'system');
  checkNodeNames(root.children, ['profile', 'cell']);
  const system = {
    name: textOf(root, (name) => checkName('system', name)),
    profile: readProfile(root),
    cells: readCells(root),
  };
  return atPlace(root.place, () => checkSystem(system));
}

function readProfile(root: KdlNode): System['profile'] {
  const node = childOf(root, 'profile');
  checkLeaf(node);
  return textOf(node, parseProfileName);
}

function readCells(root: KdlNode): readonly CellDefinition[] {
  const names = new Set<string>();
  return childrenOf(root, 'cell').map((node) => {
    const cell = readCell(node);
    if (names.has(cell.name)) throw duplicateCell(cell.name, node);
    names.add(cell.name);
    return cell;
  });
}

function duplicateCell(name: string, node: KdlNode): NexusError {
  return new NexusError(
    'duplicate-cell',
    `Cannot add cell "${name}": there is one of that name already, expected each name once`,
    { place: node.place, hint: 'Rename one of the two cells, or remove it.' },
  );
}

function readCell(node: KdlNode): CellDefinition {
  checkProperties(node, []);
  checkNodeNames(node.children, ['source', 'pledge', 'stack-bytes']);
  node.children.forEach(checkLeaf);
  const stack = tryChildOf(node, 'stack-bytes');
  return {
    name: textOf(node, (name) => checkName('cell', name)),
    source: textOf(childOf(node, 'source'), checkSource),
    pledges: readPledges(node),
    stackBytes: stack === undefined ? stackBytesLimits.default : numberOf(stack, checkStackBytes),
  };
}

function readPledges(cell: KdlNode): readonly Pledge[] {
  const node = tryChildOf(cell, 'pledge');
  if (node === undefined) return [];
  const pledges = textsOf(node).map(({ value, place }) => atPlace(place, () => parsePledge(value)));
  return atPlace(node.place, () => checkPledges(pledges));
}
