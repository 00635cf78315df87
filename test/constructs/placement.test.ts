/** Where nodes stand: spread over hosts, apart from each other and from other swarms. */
import {
  type Cell,
  type NexusStack,
  Profile,
  QemuHost,
  Swarm,
  type SwarmProps,
  UtcpMesh,
} from '../../constructs';
import { addSwarm, createFixture, type Fixture } from './_fixture';
import { problemsOf } from './_problems';

let fixture: Fixture;
let stack: NexusStack;
let hello: Cell;
let mesh: UtcpMesh;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
  ({ hello, mesh } = addSwarm(stack, fixture.helloSource, 1));
});
afterEach(() => fixture.remove());

const rack = (...names: string[]) => names.map((name) => QemuHost.named(name));
const swarm = (id: string, props: Partial<SwarmProps>) =>
  new Swarm(stack, id, { profile: Profile.tinybox(), cells: [hello], mesh, ...props });
const hostsOf = ({ nodes }: Swarm) => nodes.map(({ host }) => host.name);
/** The findings about placement: that no host but one is reached yet is said besides. */
const findings = () =>
  problemsOf(stack).filter((line) => line.startsWith('[') && !line.includes('Cannot deploy'));

test('nodes are spread over the hosts in turn', () => {
  expect(hostsOf(swarm('a', { hosts: rack('left', 'right'), nodes: 5 }))).toEqual([
    'left',
    'right',
    'left',
    'right',
    'left',
  ]);
});

test('the placement of the release names the host of each node', () => {
  const nodes = swarm('a', { hosts: rack('left', 'right'), nodes: 2 }).nodes;
  expect(nodes.map(({ placement }) => placement)).toEqual([
    { host: 'left', image: 'a', mesh: 'alpha' },
    { host: 'right', image: 'a', mesh: 'alpha' },
  ]);
});

test('a host that this version cannot reach is refused once, by its name', () => {
  swarm('a', { hosts: [QemuHost.local(), QemuHost.named('rack-1')], nodes: 4 });
  expect(problemsOf(stack)).toEqual([
    '[swarm/a] Cannot deploy to host "rack-1": this version reaches only "local", the machine that runs Terraform',
    'hint: Use `QemuHost.local()`, and run Terraform on that machine.',
  ]);
});

test('a swarm apart from another uses none of its hosts', () => {
  const first = swarm('a', { hosts: rack('left', 'middle', 'right'), nodes: 2 });
  const second = swarm('b', { hosts: rack('left', 'middle', 'right'), nodes: 2, apartFrom: [first] });
  expect(hostsOf(second)).toEqual(['right', 'right']);
  expect(findings()).toEqual([]);
});

test('a swarm for which no host is left apart is refused', () => {
  const first = swarm('a', { nodes: 1 });
  swarm('b', { apartFrom: [first] });
  expect(findings()).toEqual([
    '[swarm/b] Cannot place swarm "b" apart from "a": all of its 1 hosts are taken, expected at least 1 free',
  ]);
});

test('more nodes than the hosts may have are refused, as many are not', () => {
  swarm('a', { hosts: rack('left', 'right'), nodes: 3, nodesPerHostMax: 1 });
  swarm('b', { hosts: rack('left', 'right'), nodes: 4, nodesPerHostMax: 2 });
  expect(findings()).toEqual([
    '[swarm/a] Cannot place 3 nodes of swarm "a" on 2 hosts: nodesPerHostMax is 1, expected at least 3 hosts',
  ]);
});

test('hosts that are none, twice the same or given in two ways, and a limit that is none', () => {
  swarm('a', { hosts: [] });
  swarm('b', { hosts: rack('left', 'left') });
  swarm('c', { host: QemuHost.local(), hosts: [QemuHost.local()] });
  swarm('d', { nodesPerHostMax: 0.5 });
  expect(findings().map((line) => line.replace(/:.*/, ''))).toEqual([
    '[swarm/a] Cannot make swarm "a" of 1 nodes',
    '[swarm/a] Cannot place swarm "a"',
    '[swarm/b] Cannot place swarm "b"',
    '[swarm/c] Cannot place swarm "c"',
    '[swarm/d] Cannot place swarm "d" with nodesPerHostMax 0.5',
  ]);
});

test('a mesh of nodes on several hosts is one mesh', () => {
  const other = new UtcpMesh(stack, 'beta', { members: [hello] });
  const { nodes } = new Swarm(stack, 'a', {
    profile: Profile.tinybox(),
    cells: [hello],
    mesh: other,
    hosts: rack('left', 'right'),
    nodes: 2,
  });
  expect(nodes.map(({ placement }) => placement.mesh)).toEqual(['beta', 'beta']);
});
