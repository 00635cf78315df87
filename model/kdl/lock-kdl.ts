/**
 * nexus.lock.kdl: the foreign packages of one system, pinned. It stands beside the system.kdl, is written by `nexus
 * update` and reviewed like code: one line a package, so that a change shows as one.
 *
 *     lock "swarm" version=1 {
 *         architecture "x86_64"
 *         cell "web" {
 *             package "nginx-light" from="debian" at="1.22.1-9" for="x86_64" size=486120 sha256="…" path="pool/…"
 *         }
 *     }
 */
import { atPlace, NexusError, quote } from '../error';
import {
  type CellLock,
  checkPackage,
  type Lock,
  type PinnedPackage,
  parseAdapterName,
  parseArchitecture,
} from '../linux';
import { checkName, compareNames } from '../name';
import type { KdlNode } from './_document';
import {
  checkNodeNames,
  checkProperties,
  childOf,
  childrenOf,
  kdlVersion,
  numberProperty,
  readRoot,
  requiredProperty,
  textOf,
} from './_read';
import { block, line, quoteText } from './_write';

/** The text of a lock in its one order. Inverse: {@link parseLock}. */
export function formatLock({ system, architecture, cells }: Lock): string {
  const children = [line(1, 'architecture', [architecture]), ...sortCells(cells).map(formatCell)];
  return block(0, 'lock', [system], children, ` version=${kdlVersion}`);
}

function formatCell({ cell, packages }: CellLock): string {
  return block(1, 'cell', [cell], sortPackages(packages).map(formatPackage));
}

function formatPackage(pinned: PinnedPackage): string {
  const { name, adapter, version, architecture, sizeBytes, sha256, path } = pinned;
  const texts = { from: adapter, at: version, for: architecture };
  const first = Object.entries(texts).map(([key, value]) => ` ${key}=${quoteText(value)}`);
  return line(
    2,
    'package',
    [name],
    `${first.join('')} size=${sizeBytes} sha256=${quoteText(sha256)} path=${quoteText(path)}`,
  );
}

function sortCells(cells: readonly CellLock[]): readonly CellLock[] {
  return cells.toSorted((left, right) => compareNames(left.cell, right.cell));
}

function sortPackages(packages: readonly PinnedPackage[]): readonly PinnedPackage[] {
  return packages.toSorted(
    (left, right) => compareNames(left.adapter, right.adapter) || compareNames(left.name, right.name),
  );
}

/** Inverse of {@link formatLock}. @param file the text's name in errors. @throws NexusError with file, line and column */
export function parseLock(text: string, file: string): Lock {
  const root = readRoot(text, file, 'lock');
  checkNodeNames(root.children, ['architecture', 'cell']);
  return {
    system: textOf(root, (name) => checkName('system', name)),
    architecture: textOf(childOf(root, 'architecture'), parseArchitecture),
    cells: sortCells(childrenOf(root, 'cell').map(readCell)),
  };
}

function readCell(node: KdlNode): CellLock {
  checkProperties(node, []);
  checkNodeNames(node.children, ['package']);
  return {
    cell: textOf(node, (name) => checkName('cell', name)),
    packages: sortPackages(childrenOf(node, 'package').map(readPackage)),
  };
}

function readPackage(node: KdlNode): PinnedPackage {
  checkProperties(node, ['from', 'at', 'for', 'size', 'sha256', 'path']);
  const text = (name: string): string => requiredProperty(node, name);
  return atPlace(node.place, () => {
    const adapter = parseAdapterName(text('from'));
    const architecture = text('for') === 'all' ? 'all' : parseArchitecture(text('for'));
    const name = textOf(node, (each) => checkPackage({ name: each, from: adapter }).name);
    return {
      adapter,
      name,
      version: checkText('version', text('at'), /^[0-9A-Za-z.+:~_@-]{1,200}$/),
      architecture,
      path: checkText('path', text('path'), /^(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9+._~%:@/-]{1,500}$/),
      sizeBytes: numberProperty(node, 'size'),
      sha256: checkText('sha256', text('sha256'), /^[0-9a-f]{64}$/),
    };
  });
}

function checkText(name: string, value: string, pattern: RegExp): string {
  if (pattern.test(value)) return value;
  throw new NexusError(
    'bad-lock',
    `Cannot read ${name} ${quote(value)} of a lock: not one that is written there`,
    {
      hint: 'Write the lock again with `nexus update`.',
    },
  );
}
