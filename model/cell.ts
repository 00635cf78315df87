/** A cell: a sealed piece of software with its pledges. Here: what a system says of it, before it is built. */
import { NexusError, quote } from './error';
import { checkName } from './name';
import { type Pledge, parsePledge, sortPledges } from './pledge';

export interface CellDefinition {
  readonly name: string;
  /** Folder of the cell's C files, relative to the folder of the KDL file, with forward slashes. */
  readonly source: string;
  /** Each pledge once, in the order of the pledge table. */
  readonly pledges: readonly Pledge[];
  readonly stackBytes: number;
}

/** Limits of a cell's stack; the largest is the kernel's CELL_STACK_MAX_BYTES. */
export const stackBytesLimits = {
  smallest: 1024,
  largest: 65_536,
  multiple: 16,
  default: 4096,
} as const;

/** @returns the cell with its pledges in order. @throws NexusError of the first field that is wrong */
export function checkCell(cell: CellDefinition): CellDefinition {
  return {
    name: checkName('cell', cell.name),
    source: checkSource(cell.source),
    pledges: checkPledges(cell.pledges),
    stackBytes: checkStackBytes(cell.stackBytes),
  };
}

/** @throws NexusError `unknown-pledge`, `duplicate-pledge` */
export function checkPledges(texts: readonly string[]): readonly Pledge[] {
  const parsed = texts.map(parsePledge);
  const repeated = parsed.find((pledge, index) => parsed.indexOf(pledge) !== index);
  if (repeated === undefined) return sortPledges(parsed);
  throw new NexusError(
    'duplicate-pledge',
    `Cannot pledge "${repeated}": it is pledged already, expected each pledge once`,
    { hint: `Remove one of the two.` },
  );
}

/**
 * A source folder is a relative path of plain characters: it must mean the same on every machine, and it is
 * written into KDL, a release record and a terminal.
 * @throws NexusError `bad-source`
 */
export function checkSource(source: string): string {
  const reason = whyNoSource(source);
  if (reason === undefined) return source;
  throw new NexusError(
    'bad-source',
    `Cannot use source ${quote(source)}: ${reason}, expected the relative path of a folder`,
    { hint: 'Give the folder relative to the KDL file, with forward slashes, like "cells/hello".' },
  );
}

function whyNoSource(source: string): string | undefined {
  if (source.length === 0) return 'empty';
  if (source.length > 1024) return `${source.length} characters, more than 1024`;
  if (source.startsWith('/')) return 'an absolute path';
  if (source.includes('\\')) return 'a backslash';
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(source) ? 'a character that cannot be printed' : undefined;
}

/** @throws NexusError `bad-stack-bytes` */
export function checkStackBytes(stackBytes: number): number {
  const { smallest, largest, multiple } = stackBytesLimits;
  const fits = stackBytes >= smallest && stackBytes <= largest && stackBytes % multiple === 0;
  if (fits) return stackBytes;
  throw new NexusError(
    'bad-stack-bytes',
    `Cannot give a cell "${stackBytes}" bytes of stack: expected ${smallest} to ${largest}, a multiple of ${multiple}`,
    { hint: `Use ${stackBytesLimits.default}, which most cells do.` },
  );
}
