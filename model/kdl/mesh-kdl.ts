/**
 * mesh.kdl: the cells that may talk to each other.
 *
 *     mesh "swarm" version=1 {
 *         member "hello"
 *         member "store"
 *         allow "hello" "store"
 *         hello-interval-ms 1000
 *         heartbeat-interval-ms 5000
 *     }
 *
 * Reference: docs/system-kdl.md
 */
import { atPlace, NexusError } from '../error';
import { checkIntervalMs, checkMesh, type Mesh, type MeshPair, meshDefaults } from '../mesh';
import { checkName } from '../name';
import type { KdlNode } from './_document';
import {
  checkLeaf,
  checkNodeNames,
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
 * The text of a mesh, members in order. Inverse: {@link parseMesh}.
 * @throws NexusError when the mesh is not valid
 */
export function formatMesh(mesh: Mesh): string {
  const { name, members, allowed, helloIntervalMs, heartbeatIntervalMs } = checkMesh(mesh);
  const children = [
    ...members.map((member) => line(1, 'member', [member])),
    ...allowed.map((pair) => line(1, 'allow', pair)),
    line(1, 'hello-interval-ms', [helloIntervalMs]),
    line(1, 'heartbeat-interval-ms', [heartbeatIntervalMs]),
  ];
  return block(0, 'mesh', [name], children, ` version=${kdlVersion}`);
}

/**
 * Inverse of {@link formatMesh}; order, comments and layout of the text mean nothing.
 * @param file the text's name in errors
 * @throws NexusError with file, line and column
 */
export function parseMesh(text: string, file: string): Mesh {
  const root = readRoot(text, file, 'mesh');
  checkNodeNames(root.children, ['member', 'allow', 'hello-interval-ms', 'heartbeat-interval-ms']);
  root.children.forEach(checkLeaf);
  const mesh = {
    name: textOf(root, (name) => checkName('mesh', name)),
    members: readMembers(root),
    allowed: childrenOf(root, 'allow').map(readAllow),
    helloIntervalMs: readInterval(root, 'hello-interval-ms', meshDefaults.helloIntervalMs),
    heartbeatIntervalMs: readInterval(root, 'heartbeat-interval-ms', meshDefaults.heartbeatIntervalMs),
  };
  return atPlace(root.place, () => checkMesh(mesh));
}

function readMembers(root: KdlNode): readonly string[] {
  const names = new Set<string>();
  return childrenOf(root, 'member').map((node) => {
    const name = textOf(node, (text) => checkName('member', text));
    if (names.has(name)) throw duplicateMember(name, node);
    names.add(name);
    return name;
  });
}

function readAllow(node: KdlNode): MeshPair {
  const names = textsOf(node).map(({ value, place }) => atPlace(place, () => checkName('member', value)));
  const [left, right, third] = names;
  if (left !== undefined && right !== undefined && third === undefined) return [left, right];
  throw new NexusError(
    'bad-value-count',
    `Cannot read "allow": it has ${names.length} values, expected two, each the name of a member`,
    { place: node.place, hint: 'Write one line for each pair: `allow "hello" "store"`.' },
  );
}

function duplicateMember(name: string, node: KdlNode): NexusError {
  return new NexusError('duplicate-member', `Cannot add member "${name}": it is in the mesh already`, {
    place: node.place,
    hint: 'Remove one of the two lines.',
  });
}

function readInterval(root: KdlNode, name: string, defaultMs: number): number {
  const node = tryChildOf(root, name);
  return node === undefined ? defaultMs : numberOf(node, (number) => checkIntervalMs(name, number));
}
