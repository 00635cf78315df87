/** A mesh: the cells that may talk to each other over UTCP, as `mesh.kdl` says it. */
import { NexusError, quote } from './error';
import { checkName, checkUnique, compareNames } from './name';
import { suggest } from './suggest';
import type { System } from './system';

export interface Mesh {
  readonly name: string;
  /** Names of the cells in the mesh, sorted. */
  readonly members: readonly string[];
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
