import { Fleet, type FleetProps, type NexusStack, Profile, Release, Swarm } from '../../constructs';
import { addSwarm, createFixture, type Fixture, type Parts } from './_fixture';
import { problemsOf } from './_problems';

const older = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
let fixture: Fixture;
let stack: NexusStack;
let parts: Parts;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
  parts = addSwarm(stack, fixture.helloSource, 5);
});
afterEach(() => fixture.remove());

const fleet = (props: Partial<FleetProps> = {}) =>
  new Fleet(stack, 'rollout', { swarms: [parts.swarm], ...props });
const names = ({ waves }: Fleet) => waves.map((wave) => wave.map(({ name }) => name));
type Resources = Record<string, Record<string, { depends_on?: string[]; release?: string; input?: unknown }>>;
const resources = () => stack.preview().terraform.resource as Resources;

test('one canary comes first unless told otherwise, then all others', () => {
  expect(names(fleet())).toEqual([['n-0'], ['n-1', 'n-2', 'n-3', 'n-4']]);
});

test('sizes are counts and shares, rounded up; what is left over is the last wave', () => {
  expect(names(fleet({ waves: [1, '30%'] }))).toEqual([['n-0'], ['n-1', 'n-2'], ['n-3', 'n-4']]);
});

test('the first nodes of all swarms come before the second ones', () => {
  const { hello, mesh, swarm } = parts;
  const other = new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 2 });
  expect(names(fleet({ swarms: [swarm, other], waves: [2, 2] }))).toEqual([
    ['n-0', 'm-0'],
    ['n-1', 'm-1'],
    ['n-2', 'n-3', 'n-4'],
  ]);
});

test('each node of a wave waits for the gate, and the gate for each node of the wave before', () => {
  fleet({ waves: [1, 2] });
  const { nexus_deployment: nodes, terraform_data: gates } = resources();
  expect(Object.entries(gates ?? {}).map(([name, gate]) => [name, gate.depends_on])).toEqual([
    ['rollout-wave-1', ['nexus_deployment.n-0']],
    ['rollout-wave-2', ['nexus_deployment.n-1', 'nexus_deployment.n-2']],
  ]);
  expect(Object.entries(nodes ?? {}).map(([name, node]) => [name, node.depends_on ?? []])).toEqual([
    ['n-0', []],
    ['n-1', ['terraform_data.rollout-wave-1']],
    ['n-2', ['terraform_data.rollout-wave-1']],
    ['n-3', ['terraform_data.rollout-wave-2']],
    ['n-4', ['terraform_data.rollout-wave-2']],
  ]);
});

test('a fleet of one node is one wave without a gate', () => {
  const { hello, mesh } = parts;
  const single = new Swarm(stack, 's', { profile: Profile.tinybox(), cells: [hello], mesh });
  fleet({ swarms: [single] });
  expect(resources().terraform_data).toBeUndefined();
  expect(problemsOf(stack)).toEqual([]);
});

test('a release from the ledger is what the nodes of the fleet run, and the variable stands above it', () => {
  fleet({ release: Release.fromLedger(older) });
  const { nexus_deployment: nodes, terraform_data: gates } = resources();
  const expression = `\${(var.release == "") ? "${older}" : var.release}`;
  expect(nodes?.['n-4']?.release).toBe(expression);
  expect(gates?.['rollout-wave-1']?.input).toMatchObject({ release: expression, wave: 1 });
});

test.each<[FleetProps['waves'], string]>([
  [[0], 'Cannot make a wave of 0 in fleet "rollout": expected a whole number from 1'],
  [[1.5], 'Cannot make a wave of 1.5 in fleet'],
  [['0%'], 'Cannot make a wave of 0% in fleet'],
  [['101%'], 'Cannot make a wave of 101% in fleet'],
  [[6], 'Cannot make a wave of 6 nodes in fleet "rollout": 5 are left, expected at most that'],
  [['100%', 1], 'Cannot make wave 2 of fleet "rollout": the waves before it take all 5 nodes'],
])('waves of %j are refused', (waves = [], message) => {
  fleet({ waves });
  expect(problemsOf(stack)[0]).toContain(`[swarm/rollout] ${message}`);
});

test('a fleet without a swarm, a swarm in two fleets, one of another stack, and a release that is no CID', () => {
  fleet({ release: Release.fromLedger('latest') });
  new Fleet(stack, 'second', { swarms: [parts.swarm] });
  new Fleet(stack, 'empty', { swarms: [] });
  const strange = addSwarm(fixture.stack(fixture.app()), fixture.helloSource);
  new Fleet(stack, 'strange', { swarms: [strange.swarm] });
  const problems = problemsOf(stack).filter((line) => line.startsWith('['));
  expect(problems.map((line) => line.split(', expected')[0])).toEqual([
    '[swarm/rollout] Cannot read CID "latest": 6 characters',
    '[swarm/rollout] Cannot take swarm "n" into fleet "rollout": it is in fleet [swarm/second] already',
    '[swarm/second] Cannot take swarm "n" into fleet "second": it is in fleet [swarm/rollout] already',
    '[swarm/empty] Cannot make fleet "empty": it has no swarm',
    '[swarm/strange] Cannot take swarm "n" into fleet "strange": [swarm/n] is a swarm of another stack',
  ]);
});

test('a stack takes a release as a value or as its CID', () => {
  for (const release of [older, Release.fromLedger(older)]) {
    const pinned = fixture.stack(fixture.app(), { release });
    addSwarm(pinned, fixture.helloSource, 1);
    expect(pinned.preview().terraform.variable?.release).toMatchObject({ default: older });
  }
});
