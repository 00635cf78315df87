/** Which host each node of a swarm stands on: in turn over the hosts, and apart from whom it must be kept apart. */
import { NexusError, quote } from '../model';
import type { QemuHost } from './qemu-host';

/** What a swarm asks of its hosts. */
export interface PlacementWish {
  readonly swarm: string;
  readonly nodes: number;
  readonly hosts: readonly QemuHost[];
  /** The most nodes of the swarm on one host; undefined: no limit. */
  readonly nodesPerHostMax: number | undefined;
  /** Names of the hosts that other swarms took, from which this one is to stand apart, by swarm. */
  readonly taken: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The hosts that the swarm may use, in the order given. */
export function usableHosts({ hosts, taken }: PlacementWish): readonly QemuHost[] {
  return hosts.filter(({ name }) => ![...taken.values()].some((names) => names.has(name)));
}

/** The host of each node; where {@link checkPlacement} has something to say, a host all the same. */
export function placeNodes(wish: PlacementWish): readonly QemuHost[] {
  const usable = usableHosts(wish);
  const hosts = usable.length > 0 ? usable : wish.hosts;
  return Array.from({ length: wish.nodes }, (_, index) => hosts[index % hosts.length]).filter(
    (host) => host !== undefined,
  );
}

/** @throws NexusError `no-host`, `duplicate-host`, `bad-nodes-per-host`, `no-host-apart`, `too-few-hosts` */
export function checkPlacement(wish: PlacementWish): void {
  checkHosts(wish);
  checkApart(wish);
  checkRoom(wish);
}

function checkHosts({ swarm, hosts }: PlacementWish): void {
  if (hosts.length === 0)
    throw new NexusError(
      'no-host',
      `Cannot place swarm "${swarm}": \`hosts\` is empty, expected at least 1`,
      {
        hint: 'Leave `hosts` out for the machine that runs Terraform.',
      },
    );
  const names = hosts.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated === undefined) return;
  throw new NexusError(
    'duplicate-host',
    `Cannot place swarm "${swarm}": host ${quote(repeated)} is given twice, expected each name once`,
    { hint: 'Give each host its own name, or remove one.' },
  );
}

function checkApart(wish: PlacementWish): void {
  if (usableHosts(wish).length > 0) return;
  const others = [...wish.taken.keys()].map((name) => `"${name}"`).join(', ');
  throw new NexusError(
    'no-host-apart',
    `Cannot place swarm "${wish.swarm}" apart from ${others}: all of its ${wish.hosts.length} hosts are taken, expected at least 1 free`,
    { hint: 'Give it another host in `hosts`, or remove `apartFrom`.' },
  );
}

function checkRoom(wish: PlacementWish): void {
  const { swarm, nodes, nodesPerHostMax: most } = wish;
  if (most === undefined) return;
  if (!Number.isInteger(most) || most < 1)
    throw new NexusError(
      'bad-nodes-per-host',
      `Cannot place swarm "${swarm}" with nodesPerHostMax ${most}: expected a whole number from 1`,
      { hint: 'Use 1 to have each node on a host of its own.' },
    );
  const hosts = usableHosts(wish).length;
  if (nodes <= hosts * most) return;
  throw new NexusError(
    'too-few-hosts',
    `Cannot place ${nodes} nodes of swarm "${swarm}" on ${hosts} hosts: nodesPerHostMax is ${most}, expected at least ${Math.ceil(nodes / most)} hosts`,
    { hint: 'Add hosts, raise `nodesPerHostMax`, or make fewer nodes.' },
  );
}
