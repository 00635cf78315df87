/** Asking nodes what they run, several at once. */
import { type ExpectedNode, type Observation, observeNode } from '../providers/deploy';
import { mapBounded } from './bounded';
import type { Io } from './io';

/** How many nodes are asked at a time: each answer costs its kernel two signatures under emulation. */
export const observedAtOnce = 8;

/** Asks with a fresh nonce. @param expected what the node should be; what is left out, the host's record says */
export function observe(
  stateDir: string,
  node: string,
  expected: ExpectedNode,
  { environment: { hostdEntry, random }, signal }: Io,
): Promise<Observation> {
  return observeNode(stateDir, node, expected, { hostdEntry, random, signal });
}

/** What each node of the folder runs, compared with what the host has recorded. */
export function observeAll(stateDir: string, nodes: readonly string[], io: Io): Promise<Observation[]> {
  return mapBounded(nodes, observedAtOnce, (node) => observe(stateDir, node, {}, io));
}
