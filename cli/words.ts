/** How things are said in tables. */
import type { Statement } from '../model';
import { isKind, kindOf } from '../model';
import { formatBytes } from './output';

/** `bafkrei…x7q2ma`: enough to tell CIDs apart, not to be copied. */
export function shortCid(cid: string): string {
  return `${cid.slice(0, 7)}…${cid.slice(-6)}`;
}

/** `1 node`, `3 nodes` */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-US')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** What a record says, in one line. */
export function describeRecord(statement: Statement): string {
  if (isKind(statement, 'artifact')) {
    const { kind, name, sizeBytes } = statement.predicate;
    return `${kind} ${name}, ${formatBytes(sizeBytes)}`;
  }
  if (isKind(statement, 'release')) {
    const { name, images, placement } = statement.predicate;
    return `${name}: image ${Object.keys(images).join(', ')} on ${count(Object.keys(placement).length, 'node')}`;
  }
  if (isKind(statement, 'deployment')) {
    const { node, outcome, release, slot, epoch, reason, at } = statement.predicate;
    const why = reason === undefined ? '' : `: ${reason}`;
    return `${node} ${outcome}, release ${shortCid(release)}, slot ${slot}, epoch ${epoch}${when(at)}${why}`;
  }
  if (isKind(statement, 'rollback')) {
    const { from, to, reason, at } = statement.predicate;
    return `from ${shortCid(from)} to ${shortCid(to)}${when(at)}${reason === undefined ? '' : `: ${reason}`}`;
  }
  if (isKind(statement, 'key')) {
    const { role, name } = statement.predicate;
    return role === name ? `key of the ${role}` : `key of ${role} ${name}`;
  }
  return describeNodeRecord(statement);
}

const when = (at: string | undefined): string => (at === undefined ? '' : ` at ${at}`);

/** What nodes say of themselves. */
function describeNodeRecord(statement: Statement): string {
  if (isKind(statement, 'heartbeat-interval')) {
    const { to, nodes } = statement.predicate;
    const beats = nodes.reduce((sum, node) => sum + node.count, 0);
    return `${count(beats, 'heartbeat')} of ${count(nodes.length, 'node')} until ${to}`;
  }
  if (isKind(statement, 'boot') || isKind(statement, 'heartbeat')) {
    const { node, release, epoch, cells } = statement.predicate;
    const states = cells.map(({ name, state }) => `${name} ${state}`).join(', ');
    return `${node} runs release ${shortCid(release)}, epoch ${epoch}; ${states || 'no cell'}`;
  }
  return kindOf(statement);
}
