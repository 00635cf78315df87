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
    const { replaces, key, ...holder } = statement.predicate;
    const what = `key of ${describeHolder(holder)}`;
    return replaces === undefined ? what : `${what}: ${shortKey(key)} in place of ${shortKey(replaces)}`;
  }
  if (isKind(statement, 'revocation')) {
    const { key, fromIndex, reason, at, ...holder } = statement.predicate;
    const since = fromIndex === undefined ? '' : ` from record ${fromIndex} on`;
    return `key ${shortKey(key)} of ${describeHolder(holder)} counts no more${since}${when(at)}: ${reason}`;
  }
  if (isKind(statement, 'floor')) {
    const { release, reason, at } = statement.predicate;
    return `nothing older than release ${shortCid(release)}${when(at)}${reason === undefined ? '' : `: ${reason}`}`;
  }
  return describeNodeRecord(statement);
}

/** `the deployer`, `node n-0` */
export function describeHolder({ role, name }: { readonly role: string; readonly name: string }): string {
  return role === name ? `the ${role}` : `${role} ${name}`;
}

/** `3f09…b61c`: enough to tell keys apart. */
export function shortKey(key: string): string {
  return `${key.slice(0, 4)}…${key.slice(-4)}`;
}

/** The first names of many. */
function listSome(names: readonly string[], total: number): string {
  const shown = names.slice(0, 5);
  return total > shown.length ? `${shown.join(', ')} and ${total - shown.length} more` : shown.join(', ');
}

const when = (at: string | undefined): string => (at === undefined ? '' : ` at ${at}`);

/** What nodes say of themselves. */
function describeNodeRecord(statement: Statement): string {
  if (isKind(statement, 'heartbeat-interval')) {
    const { site, to, count: beats, nodeCount, silent, silentCount } = statement.predicate;
    const missing = silentCount === 0 ? '' : `; silent: ${listSome(silent, silentCount)}`;
    return `${count(beats, 'heartbeat')} of ${count(nodeCount, 'node')} at ${site} until ${to}${missing}`;
  }
  if (isKind(statement, 'boot') || isKind(statement, 'heartbeat')) {
    const { node, release, epoch, cells } = statement.predicate;
    const states = cells.map(({ name, state }) => `${name} ${state}`).join(', ');
    return `${node} runs release ${shortCid(release)}, epoch ${epoch}; ${states || 'no cell'}`;
  }
  return kindOf(statement);
}
