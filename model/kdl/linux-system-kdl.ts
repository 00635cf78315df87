/**
 * system.kdl of a Linux profile: what is grafted into one image.
 *
 *     system "swarm" version=1 {
 *         profile "dragonbox"
 *         architecture "x86_64"
 *         repository "debian" suite="bookworm" {
 *             component "main"
 *         }
 *         cell "web" {
 *             package "nginx-light"
 *             keep "usr/sbin/nginx"
 *             link "/bin/sh" "dash"
 *             pledge "stdio" "rpath" "inet"
 *             unveil "/srv/www" "r"
 *             run "/usr/sbin/nginx" "-g" "daemon off;"
 *         }
 *     }
 *
 * Reference: docs/system-kdl.md
 */
import { atPlace, NexusError } from '../error';
import {
  type CellLink,
  type CellPackage,
  checkLinuxCell,
  checkLinuxPledges,
  checkLinuxSystem,
  checkPackage,
  checkPattern,
  checkRepository,
  checkUnveil,
  type LinuxCell,
  type LinuxSystem,
  parseAdapterName,
  parseArchitecture,
  type Repository,
  type Unveil,
} from '../linux';
import { checkName } from '../name';
import { parseProfileName } from '../profile';
import type { KdlNode } from './_document';
import {
  checkLeaf,
  checkNodeNames,
  checkProperties,
  childOf,
  childrenOf,
  kdlVersion,
  optionalProperty,
  pairOf,
  readRoot,
  requiredProperty,
  textOf,
  textsOf,
  tryChildOf,
} from './_read';
import { block, line, quoteText } from './_write';

/** The text of a system in its one order. Inverse: {@link parseLinuxSystem}. @throws NexusError when the system is not valid */
export function formatLinuxSystem(system: LinuxSystem): string {
  const { name, profile, architecture, repositories, cells } = checkLinuxSystem(system);
  const children = [
    line(1, 'profile', [profile]),
    line(1, 'architecture', [architecture]),
    ...repositories.map(formatRepository),
    ...cells.map(formatCell),
  ];
  return block(0, 'system', [name], children, ` version=${kdlVersion}`);
}

function formatRepository({ adapter, mirror, suite, components, keys }: Repository): string {
  const properties = ` suite=${quoteText(suite)}${mirror === undefined ? '' : ` mirror=${quoteText(mirror)}`}`;
  const children = [...optional(2, 'component', components), ...optional(2, 'key', keys)];
  if (children.length === 0) return line(1, 'repository', [adapter], properties);
  return block(1, 'repository', [adapter], children, properties);
}

function formatCell(cell: LinuxCell): string {
  const children = [
    ...cell.packages.map(({ name, from }) =>
      line(2, 'package', [name], from === undefined ? '' : ` from=${quoteText(from)}`),
    ),
    ...optional(2, 'keep', cell.keep),
    ...optional(2, 'drop', cell.drop),
    ...cell.links.map(({ path, target }) => line(2, 'link', [path, target])),
    ...optional(2, 'pledge', cell.pledges),
    ...cell.unveils.map(({ path, rights }) => line(2, 'unveil', [path, rights])),
    ...optional(2, 'run', cell.run ?? []),
  ];
  return block(1, 'cell', [cell.name], children);
}

function optional(depth: number, name: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [line(depth, name, values)];
}

/**
 * Inverse of {@link formatLinuxSystem}; order, comments and layout of the text mean nothing.
 * @param file the text's name in errors
 * @throws NexusError with file, line and column
 */
export function parseLinuxSystem(text: string, file: string): LinuxSystem {
  const root = readRoot(text, file, 'system');
  checkNodeNames(root.children, ['profile', 'architecture', 'repository', 'cell']);
  const architecture = tryChildOf(root, 'architecture');
  const system = {
    name: textOf(root, (name) => checkName('system', name)),
    profile: textOf(childOf(root, 'profile'), parseProfileName),
    architecture: architecture === undefined ? 'x86_64' : textOf(architecture, parseArchitecture),
    repositories: readRepositories(root),
    cells: childrenOf(root, 'cell').map(readCell),
  };
  return atPlace(root.place, () => checkLinuxSystem(system));
}

function readRepositories(root: KdlNode): readonly Repository[] {
  const nodes = childrenOf(root, 'repository');
  const repositories = nodes.map(readRepository);
  const second = nodes.find((_, at) =>
    repositories.slice(0, at).some(({ adapter }) => adapter === repositories[at]?.adapter),
  );
  if (second === undefined) return repositories;
  throw new NexusError('repeated-node', 'Cannot read a second repository of one adapter: expected one each', {
    place: second.place,
    hint: 'Remove one of the two; components of one suite belong into one repository.',
  });
}

function readRepository(node: KdlNode): Repository {
  checkProperties(node, ['suite', 'mirror']);
  checkNodeNames(node.children, ['component', 'key']);
  node.children.forEach(checkLeaf);
  const repository = {
    adapter: textOf(node, parseAdapterName),
    suite: requiredProperty(node, 'suite'),
    mirror: optionalProperty(node, 'mirror'),
    components: wordsOf(node, 'component'),
    keys: wordsOf(node, 'key'),
  };
  return atPlace(node.place, () => checkRepository(repository));
}

function readCell(node: KdlNode): LinuxCell {
  checkProperties(node, []);
  checkNodeNames(node.children, ['package', 'keep', 'drop', 'link', 'pledge', 'unveil', 'run']);
  const run = wordsOf(node, 'run');
  const cell = {
    name: textOf(node, (name) => checkName('cell', name)),
    packages: childrenOf(node, 'package').flatMap(readPackages),
    keep: checkedWordsOf(node, 'keep', checkPattern),
    drop: checkedWordsOf(node, 'drop', checkPattern),
    links: childrenOf(node, 'link').map(readLink),
    pledges: readPledges(node),
    unveils: childrenOf(node, 'unveil').map(readUnveil),
    run: run.length === 0 ? undefined : run,
  };
  return atPlace(node.place, () => checkLinuxCell(cell));
}

/** Several packages of one origin may share a line. */
function readPackages(node: KdlNode): readonly CellPackage[] {
  checkProperties(node, ['from']);
  const origin = optionalProperty(node, 'from');
  const from = origin === undefined ? undefined : atPlace(node.place, () => parseAdapterName(origin));
  return textsOf(node).map(({ value, place }) => atPlace(place, () => checkPackage({ name: value, from })));
}

function readLink(node: KdlNode): CellLink {
  const [path, target] = pairOf(node, 'a path and its target');
  return { path, target };
}

function readUnveil(node: KdlNode): Unveil {
  const [path, rights] = pairOf(node, 'a path and its rights');
  return atPlace(node.place, () => checkUnveil({ path, rights }));
}

function readPledges(cell: KdlNode): LinuxCell['pledges'] {
  const node = tryChildOf(cell, 'pledge');
  if (node === undefined) return [];
  return atPlace(node.place, () => checkLinuxPledges(wordsOf(cell, 'pledge')));
}

/** All values of all children of a name. */
function wordsOf(parent: KdlNode, name: string): readonly string[] {
  return checkedWordsOf(parent, name, (word) => word);
}

function checkedWordsOf(parent: KdlNode, name: string, check: (word: string) => string): readonly string[] {
  return childrenOf(parent, name).flatMap((node) => {
    checkLeaf(node);
    return textsOf(node).map(({ value, place }) => atPlace(place, () => check(value)));
  });
}
