import path from 'node:path';
import { Manifest, TerraformStack } from 'cdktf';
import {
  Cell,
  NexusStack,
  type Pledge,
  Profile,
  type ProfileName,
  QemuHost,
  Swarm,
  UtcpMesh,
} from '../../constructs';
import { addSwarm, createFixture, type Fixture, writeTree } from './_fixture';

let fixture: Fixture;
let stack: NexusStack;
beforeEach(() => {
  fixture = createFixture();
  stack = fixture.stack();
});
afterEach(() => fixture.remove());

/** The lines of the one error that the synth throws; empty when it throws none. */
function synthProblems(target = stack): string[] {
  try {
    const outdir = path.join(fixture.folder, 'cdktf.out');
    target.synthesizer.synthesize({ outdir, manifest: new Manifest('0.21.0', outdir, false) });
    return [];
  } catch (error) {
    const lines = error instanceof Error ? error.message.split('\n') : [];
    return lines.map((line) => line.trim()).filter((line) => /^(\[|hint:)/.test(line));
  }
}

const cell = (id: string, pledges: readonly Pledge[] = ['stdio']) =>
  new Cell(stack, id, { source: fixture.helloSource, pledges });

test('a sound stack has no problem', () => {
  addSwarm(stack, fixture.helloSource);
  expect(synthProblems()).toEqual([]);
});

test('two cells with one name', () => {
  addSwarm(stack, fixture.helloSource);
  new Cell(stack, 'second', { name: 'hello', source: fixture.helloSource, pledges: [] });
  expect(synthProblems()).toEqual([
    '[swarm/second] Cannot add cell "hello": [swarm/hello] has that name, expected each name once in a stack',
    'hint: Rename one of the two with the `name` property.',
  ]);
});

test('two swarms whose nodes would have the same names', () => {
  const { hello, mesh } = addSwarm(stack, fixture.helloSource);
  new Swarm(stack, 'm', { name: 'n', profile: Profile.tinybox(), cells: [hello], mesh });
  expect(synthProblems()[0]).toBe(
    '[swarm/m] Cannot add swarm "n": [swarm/n] has that name, expected each name once in a stack',
  );
});

test('two meshes with one name', () => {
  const { hello } = addSwarm(stack, fixture.helloSource);
  const mesh = new UtcpMesh(stack, 'beta', { name: 'alpha', members: [hello] });
  new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [hello], mesh });
  expect(synthProblems()[0]).toMatch(/^\[swarm\/beta\] Cannot add mesh "alpha"/);
});

test('a mesh member that is a cell of another stack', () => {
  const other = new NexusStack(stack.node.root, 'other', { providerPackage: fixture.providerPackage });
  const stranger = new Cell(other, 'stranger', { source: fixture.helloSource, pledges: [] });
  const hello = cell('hello');
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello, stranger] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh });
  expect(synthProblems()[0]).toBe(
    '[swarm/alpha] Cannot take "stranger" into mesh "alpha": [other/stranger] is a cell of another stack, expected one of swarm',
  );
});

test('a swarm of which no cell is a member of its mesh', () => {
  const [hello, silent] = [cell('hello'), cell('silent')];
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [silent], mesh });
  expect(synthProblems()).toEqual([
    '[swarm/n] Cannot put swarm "n" into mesh "alpha": none of its cells is a member, expected at least one of hello',
    'hint: Add one of the cells to the `members` of the mesh.',
  ]);
});

test('a cell or a mesh of another stack in a swarm', () => {
  const other = fixture.stack(fixture.app());
  const strange = addSwarm(other, fixture.helloSource);
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [strange.hello], mesh: strange.mesh });
  expect(synthProblems().filter((line) => line.startsWith('['))).toEqual([
    '[swarm/n] Cannot put "hello" into swarm "n": [swarm/hello] is a cell of another stack, expected one of swarm',
    '[swarm/n] Cannot put swarm "n" into mesh "alpha": [swarm/alpha] is a mesh of another stack, expected one of swarm',
  ]);
});

test('an unknown pledge, named with the nearest', () => {
  cell('hello', ['stdoi' as Pledge]);
  expect(synthProblems()).toEqual([
    '[swarm/hello] Cannot read pledge "stdoi": unknown name, expected one of stdio, clock, mesh',
    'hint: Did you mean "stdio"?',
  ]);
});

test('an unknown profile, and one that this version does not build', () => {
  const hello = cell('hello');
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
  new Swarm(stack, 'a', { profile: Profile.named('tinybx' as ProfileName), cells: [hello], mesh });
  new Swarm(stack, 'b', { profile: Profile.named('dragonbox'), cells: [hello], mesh });
  expect(synthProblems()).toEqual([
    expect.stringMatching(/^\[swarm\/a\] Cannot read profile "tinybx": unknown name/),
    'hint: Did you mean "tinybox"?',
    expect.stringMatching(/^\[swarm\/b\] Cannot build profile "dragonbox": not yet built by this version/),
    expect.stringMatching(/^hint: Set the profile to "tinybox"/),
  ]);
});

test('a source folder that is missing or has no C file', () => {
  const empty = path.join(fixture.folder, 'empty');
  writeTree(empty, { 'README.md': '' });
  new Cell(stack, 'missing', { source: '/nowhere', pledges: [] });
  new Cell(stack, 'empty', { source: empty, pledges: [] });
  expect(synthProblems().filter((line) => line.startsWith('['))).toEqual([
    '[swarm/missing] Cannot read folder "/nowhere": no such folder',
    `[swarm/empty] Cannot build cell "empty" from "${empty}": 1 files, none of them C, expected at least one .c file`,
  ]);
});

test('bad names of a cell, a mesh, a swarm, its nodes and the stack', () => {
  const bad = new NexusStack(fixture.app(), 'BadStack', { providerPackage: fixture.providerPackage });
  const hello = new Cell(bad, 'Hello', { source: fixture.helloSource, pledges: [] });
  const mesh = new UtcpMesh(bad, 'alpha_', { members: [hello] });
  const name = 'a'.repeat(30);
  new Swarm(bad, name, { profile: Profile.tinybox(), cells: [hello], mesh });
  const named = synthProblems(bad).filter((line) => line.includes('Cannot name'));
  expect(named.map((line) => line.replace(/:.*/, ''))).toEqual([
    '[BadStack/Hello] Cannot name a cell "Hello"',
    '[BadStack/alpha_] Cannot name a mesh "alpha_"',
    `[BadStack/${name}] Cannot name a node "${name}-0"`,
    `[BadStack/${name}] Cannot name a mesh "alpha_"`,
    '[BadStack/nexus-release] Cannot name a release "BadStack"',
  ]);
});

test.each([0, -1, 1.5, Number.NaN])('%p nodes', (nodes) => {
  addSwarm(stack, fixture.helloSource, nodes);
  expect(synthProblems()).toContain(
    `[swarm/n] Cannot make swarm "n" of ${nodes} nodes: expected a whole number from 1 to 10000`,
  );
});

test('a mesh with no node or with too many', () => {
  const hello = cell('hello');
  new UtcpMesh(stack, 'lonely', { members: [hello] });
  const mesh = new UtcpMesh(stack, 'crowded', { members: [hello] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 66 });
  expect(synthProblems().filter((line) => line.startsWith('['))).toEqual([
    '[swarm/lonely] Cannot make mesh "lonely": it has 0 nodes, expected 1 to 65',
    '[swarm/crowded] Cannot make mesh "crowded": it has 66 nodes, expected 1 to 65',
  ]);
});

test('a swarm without a cell and a mesh without a member', () => {
  const hello = cell('hello');
  const empty = new UtcpMesh(stack, 'empty', { members: [] });
  new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [hello], mesh: empty });
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [], mesh });
  const problems = synthProblems().join('\n');
  expect(problems).toContain('[swarm/empty] Cannot make mesh "empty": it has no member, expected at least 1');
  expect(problems).toContain('[swarm/n] Cannot make system "n": it has 0 cells, expected 1 to ');
});

test('one cell given twice to a swarm or a mesh', () => {
  const hello = cell('hello');
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello, hello] });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello, hello], mesh });
  const problems = synthProblems().join('\n');
  expect(problems).toContain('[swarm/alpha] Cannot add member "hello"');
  expect(problems).toContain('[swarm/n] Cannot add cell "hello"');
});

test('numbers out of their range: stack, memory, intervals', () => {
  const hello = new Cell(stack, 'hello', {
    source: fixture.helloSource,
    pledges: ['stdio'],
    stackBytes: 4097,
  });
  const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
  const host = QemuHost.local({ memoryMib: 8 });
  new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, host, nodes: 3 });
  const sound = cell('sound');
  const fast = new UtcpMesh(stack, 'fast', { members: [sound], helloIntervalMs: 1 });
  new Swarm(stack, 'm', { profile: Profile.tinybox(), cells: [sound], mesh: fast });
  expect(synthProblems().filter((line) => line.startsWith('['))).toEqual([
    expect.stringMatching(/^\[swarm\/hello\] Cannot give a cell "4097" bytes of stack/),
    expect.stringMatching(/^\[swarm\/n\] Cannot set host.memoryMib: 8, expected/),
    expect.stringMatching(/^\[swarm\/fast\] Cannot set hello-interval-ms to "1"/),
  ]);
});

test('a release that is no CID', () => {
  const old = fixture.stack(fixture.app(), { release: 'latest' });
  addSwarm(old, fixture.helloSource);
  expect(synthProblems(old)[0]).toBe(
    '[swarm/nexus-release] Cannot read CID "latest": 6 characters, expected 59 of base32',
  );
});

test('a provider package that is not there', () => {
  const bare = fixture.stack(fixture.app(), { providerPackage: '/nowhere' });
  expect(synthProblems(bare)).toEqual([
    '[swarm] Cannot find the Terraform provider in "/nowhere": no such folder',
    'hint: Correct `providerPackage`, or leave it out.',
  ]);
});

test('all problems are thrown once, together, and nothing is written', () => {
  const app = fixture.app();
  const target = fixture.stack(app);
  new Cell(target, 'Bad', { source: '/nowhere', pledges: ['net' as Pledge] });
  expect(() => app.synth()).toThrow(
    /\[swarm\/Bad\] Cannot name a cell[\s\S]*\[swarm\/Bad\] Cannot read pledge[\s\S]*\[swarm\/Bad\] Cannot read folder/,
  );
});

test('a construct outside of a NexusStack is refused at once', () => {
  const plain = new TerraformStack(fixture.app(), 'plain');
  expect(() => new Cell(plain, 'hello', { source: fixture.helloSource, pledges: [] })).toThrow(
    'Cannot use stack "plain": it is no NexusStack',
  );
});
