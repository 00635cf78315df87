/** A mesh: the cells that may talk to each other over UTCP, as `mesh.kdl` says it. */
import { NexusError, quote } from './error';
import { checkName, checkUnique, compareNames } from './name';
import { suggest } from './suggest';
import type { System } from './system';

/** Two different members of a mesh, in the order of their names: which of the two begins means nothing. */
export type MeshPair = readonly [string, string];

export interface Mesh {
  readonly name: string;
  /** Names of the cells in the mesh, sorted. */
  readonly members: readonly string[];
  /** The pairs of members that may talk, sorted; empty: every member may talk to every other. */
  readonly allowed: readonly MeshPair[];
  /** How often a node says hello to its peers. */
  readonly helloIntervalMs: number;
  /** How often a node signs a heartbeat. */
  readonly heartbeatIntervalMs: number;
}

export const intervalLimitsMs = { smallest: 100, largest: 3_600_000 } as const;
export const meshDefaults = { helloIntervalMs: 1000, heartbeatIntervalMs: 5000 } as const;

/** @returns the mesh with its members in order. @throws NexusError of the first thing that is wrong */
export function checkMesh(mesh: Mesh): Mesh {
  const members = mesh.members.map((member) => checkName('member', member));
  checkHasMembers(mesh.name, members.length);
  checkUnique('member', members);
  return {
    name: checkName('mesh', mesh.name),
    members: members.toSorted(compareNames),
    allowed: checkAllowed(mesh.name, mesh.allowed, members),
    helloIntervalMs: checkIntervalMs('hello-interval-ms', mesh.helloIntervalMs),
    heartbeatIntervalMs: checkIntervalMs('heartbeat-interval-ms', mesh.heartbeatIntervalMs),
  };
}

function checkHasMembers(name: string, count: number): void {
  if (count > 0) return;
  throw new NexusError(
    'bad-member-count',
    `Cannot make mesh "${name}": it has no member, expected at least 1`,
    {
      hint: 'Name the cells that may talk: `member "hello"`.',
    },
  );
}

/** @returns the pairs, each in order, sorted. @throws NexusError `bad-allow`, `duplicate-allow`, `unknown-member` */
function checkAllowed(
  name: string,
  allowed: readonly MeshPair[],
  members: readonly string[],
): readonly MeshPair[] {
  const pairs = allowed.map(([left, right]) => checkPair(name, left, right, members));
  const sorted = pairs.toSorted((left, right) => compareNames(left.join(' '), right.join(' ')));
  const repeated = sorted.find((pair, index) => pair.join(' ') === sorted[index + 1]?.join(' '));
  if (repeated === undefined) return sorted;
  throw new NexusError(
    'duplicate-allow',
    `Cannot allow "${repeated[0]}" and "${repeated[1]}" in mesh "${name}": they are allowed already`,
    { hint: 'Remove one of the two lines; which of the two names comes first means nothing.' },
  );
}

/** Two members as a pair. @throws NexusError `bad-allow`, `unknown-member` */
export function checkPair(mesh: string, left: string, right: string, members: readonly string[]): MeshPair {
  const stranger = [left, right].find((name) => !members.includes(name));
  if (stranger !== undefined)
    throw new NexusError(
      'unknown-member',
      `Cannot allow ${quote(stranger)} in mesh "${mesh}": it is no member, expected one of ${members.join(', ')}`,
      { hint: suggest(stranger, members) },
    );
  if (left === right)
    throw new NexusError(
      'bad-allow',
      `Cannot allow "${left}" and "${right}" in mesh "${mesh}": one cell, expected two members`,
      { hint: 'Copies of one cell on several nodes always may talk: leave the line out.' },
    );
  return compareNames(left, right) < 0 ? [left, right] : [right, left];
}

/** Whether two members may talk. Copies of one cell on several nodes always may. */
export function mayTalk(mesh: Mesh, left: string, right: string): boolean {
  if (left === right || mesh.allowed.length === 0) return true;
  return mesh.allowed.some((pair) => pair.includes(left) && pair.includes(right));
}

/** @throws NexusError `bad-interval` */
export function checkIntervalMs(field: string, intervalMs: number): number {
  const { smallest, largest } = intervalLimitsMs;
  if (Number.isInteger(intervalMs) && intervalMs >= smallest && intervalMs <= largest) return intervalMs;
  throw new NexusError(
    'bad-interval',
    `Cannot set ${field} to "${intervalMs}": expected a whole number from ${smallest} to ${largest}`,
    { hint: 'Intervals are in milliseconds.' },
  );
}

/** Every member is a cell of one of the systems. @throws NexusError `unknown-member` */
export function checkMembers(mesh: Mesh, systems: readonly System[]): void {
  const cells = [...new Set(systems.flatMap((system) => system.cells.map((cell) => cell.name)))];
  const stranger = mesh.members.find((member) => !cells.includes(member));
  if (stranger === undefined) return;
  throw new NexusError(
    'unknown-member',
    `Cannot take ${quote(stranger)} into mesh "${mesh.name}": it is no cell, expected one of ${cells.join(', ')}`,
    { hint: suggest(stranger, cells) },
  );
}
