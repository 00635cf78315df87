/** `nexus status`, `verify` and `console` over running nodes: a stand-in for QEMU, everything else real. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cidOfRaw } from '../../model';
import {
  bundlePrograms,
  cleanUp,
  makeWorkFolder,
  type Programs,
  processesBelow,
  until,
} from '../providers/deploy/_rig';
import { Desk } from './_io';
import { recordRelease } from './_ledger';
import { deploySwarm, nodes, recordDeployed, type Swarm } from './_nodes';

let programs: Programs;
let desk: Desk;
let swarm: Swarm;

beforeAll(() => {
  programs = bundlePrograms();
});
afterAll(() => rmSync(programs.folder, { recursive: true, force: true }));
beforeEach(async () => {
  desk = new Desk(makeWorkFolder());
  desk.hostdEntry = programs.hostd;
  swarm = await deploySwarm(desk, programs);
});
afterEach(async () => {
  await cleanUp(desk.folder);
  expect([processesBelow(desk.folder), existsSync(desk.folder)]).toEqual([[], false]);
});

interface Status {
  readonly nodes: readonly { node: string; status: string; pid: number | null; detail: string }[];
}
interface Verified {
  readonly checks: readonly { about: string; name: string; ok: boolean; detail: string }[];
}
const verify = (...argv: string[]) => desk.json<Verified>('verify', ...argv);
const failures = ({ checks }: Verified): string[] =>
  checks.filter(({ ok }) => !ok).map(({ about, name }) => `${about} ${name}`);

async function kill(node: string): Promise<void> {
  const pid = swarm.deployed[node]?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await until(async () => {
    const { nodes: seen } = await desk.json<Status>('status');
    return seen.some((report) => report.node === node && report.pid === null);
  });
}

test('a node whose record cannot be read is named with its error, and the others are shown', async () => {
  const file = join(desk.stateDir, 'nodes/n1/node.json');
  const whole = readFileSync(file);
  writeFileSync(file, '{"format":1');
  const { code, out } = await desk.nexus('status');
  expect(code).toBe(3);
  expect(out).toMatch(/^n2 +running /m);
  expect(out).toMatch(/^n1 is unreadable: .*node\.json Cannot read the record of a node: /m);
  expect(out).toContain(file);
  expect(out).toContain('hint: Remove this file and deploy again');
  const { nodes: seen, unreadable } = await desk.json<Status & { unreadable: { node: string }[] }>('status');
  expect([seen.map(({ node }) => node), unreadable.map(({ node }) => node)]).toEqual([['n2'], ['n1']]);
  const seenByVerify = await verify('n1');
  expect(failures(seenByVerify)).toContain('n1 answer');
  expect(seenByVerify.checks.map(({ detail }) => detail).join()).toContain(
    'Remove this file and deploy again',
  );
  expect(failures(await verify('n2'))).toEqual([]);
  expect((await desk.nexus('console', 'n2', '--no-follow')).code).toBe(0);
  expect((await desk.nexus('console', 'n1', '--no-follow')).out).toContain('stand-in');
  writeFileSync(file, whole);
  expect((await desk.nexus('status')).code).toBe(0);
});

test('status shows what each node says of itself', async () => {
  const { code, out, err } = await desk.nexus('status');
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^node {2}status +mesh +image +release +slot {2}epoch {2}uptime +peers {2}last words\n/,
  );
  expect(out).toMatch(
    /\nn1 {4}running {2}swarm {2}bafkrei….{6} {2}bafkrei….{6} {2}a {5}1 .* 0\/2 +stand-in: up\n/,
  );
  expect(out).toMatch(/\n2 nodes, all running what was deployed\.\n$/);
  const report = await desk.json<Status>('status');
  const { image, release, deployed } = swarm;
  const expected = { status: 'running', image, release, peers: 2, peersHeard: 0, slot: 'a', epoch: '1' };
  expect(report.nodes).toMatchObject(nodes.map((node) => ({ node, pid: deployed[node]?.pid, ...expected })));
});

test('a killed node is found by status and by verify', async () => {
  await kill('n2');
  const { code, out } = await desk.nexus('status');
  expect(code).toBe(3);
  expect(out).toMatch(/\nn2 +dead .* - +stand-in: up\n\n/);
  expect(out).toContain('\nn2 is dead: node "n2" has no running machine\n1 of 2 nodes run what was deployed');
  const result = await verify();
  expect([result.code, failures(result)]).toEqual([3, ['n2 answer']]);
});

test('verify asks each node and proves its records', async () => {
  const { code, checks } = await verify();
  expect([code, checks.filter(({ ok }) => !ok)]).toEqual([0, []]);
  const names = checks.filter(({ about }) => about === 'n1').map(({ name }) => name);
  const asked = ['signature', 'key', 'node', 'nonce', 'image', 'configuration', 'release', 'cells'];
  expect(names).toEqual([...asked, 'introduced', 'described', 'deployed', 'booted']);
  const { out } = await desk.nexus('verify', 'n1');
  expect(out).toMatch(/^ok {2}n1 {2}signature +its answer is signed with its key\n/);
  expect(out).toMatch(/its own record of start 1 is in the ledger: record \d+ of \d+, proved\n/);
  expect(out).toMatch(/\n\nAll 12 checks hold\.\n$/);
});

test('what the ledger says counts, not what the host has recorded', async () => {
  const { client, deployed } = swarm;
  const [node] = [deployed.n1];
  if (node === undefined) throw new Error('n1 is deployed');
  const other = cidOfRaw(Buffer.from('another image'));
  const release = await recordRelease(client, 'other', nodes, other);
  await recordDeployed('n1', release, { ...node, imageCid: other }, client);
  const result = await verify('n1');
  expect([result.code, failures(result)]).toEqual([3, ['n1 image', 'n1 release']]);
});

test('a deployment of an image that its release does not put there is said so', async () => {
  const { client, deployed } = swarm;
  const { n1: node } = deployed;
  if (node === undefined) throw new Error('n1 is deployed');
  const release = await recordRelease(client, 'other', nodes, cidOfRaw(Buffer.from('another image')));
  await recordDeployed('n1', release, node, client);
  const result = await verify('n1');
  expect([result.code, failures(result)]).toEqual([3, ['n1 release', 'n1 described']]);
});

test('a cell that has crashed is said by status, and by verify as a check that does not hold', async () => {
  await deploySwarm(desk, programs, 'stand-in fallen');
  expect(failures(await verify('n1'))).toEqual(['n1 cells']);
  expect((await desk.nexus('status')).out).toContain('n1: cell hello was ended: crashed\n');
});

test('in a damaged ledger nothing speaks for a node any more', async () => {
  const folder = join(desk.stateDir, 'ledger/records');
  const [pack = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
  writeFileSync(pack, readFileSync(pack).subarray(0, -1));
  const { code, out } = await desk.nexus('verify');
  expect(code).toBe(3);
  expect(out).toMatch(/^FAILS {2}ledger +file +records\//);
  expect(out).toContain('FAILS  n1      records        the ledger is damaged: none of it counts\n');
  expect(out).toMatch(/ checks do not hold: ledger, n1, n2\.\n$/);
});

test('a node with a key that nobody introduced, or without a boot record, is said so', async () => {
  const { client, release, deployed } = swarm;
  const [node] = [deployed.n1];
  if (node === undefined) throw new Error('n1 is deployed');
  await recordDeployed('n1', release, { ...node, publicKey: '11'.repeat(32) }, client);
  const result = await verify('n1');
  expect(result.code).toBe(3);
  expect(failures(result)).toEqual(['n1 answer', 'n1 introduced', 'n1 booted']);
});

test('console prints what was said and ends', async () => {
  const shown = (...argv: string[]) => desk.nexus('console', 'n1', '--no-follow', ...argv);
  expect(await shown()).toEqual({ code: 0, out: '\nstand-in: up\n', err: '' });
  expect(await shown('-n', '1')).toMatchObject({ out: 'stand-in: up\n' });
  expect(await shown('--raw')).toMatchObject({ out: '\r\nstand-in: up\n' });
});

test('console follows, takes what is typed, and leaves on Ctrl-]', async () => {
  const modes: boolean[] = [];
  Object.assign(desk.input, { isTTY: true, setRawMode: (isRaw: boolean) => modes.push(isRaw) });
  const ended = desk.nexus('console', 'n1');
  await until(() => desk.err.includes('Ctrl-]'));
  desk.input.write('good day\n');
  await until(() => desk.out.includes('stand-in: heard good day\n'));
  desk.input.write('x\u001d');
  expect(await ended).toMatchObject({ code: 0, err: 'Ctrl-] leaves this console.\n' });
  expect(desk.out).not.toContain('@nexus');
  expect(modes).toEqual([true, false]);
});

test('console says when there is no machine to listen to', async () => {
  const { pid = 0 } = swarm.deployed.n1 ?? {};
  const ended = desk.nexus('console', 'n1');
  await until(() => desk.out.includes('stand-in: up'));
  process.kill(pid, 'SIGKILL');
  await until(() => desk.err.includes('n1 has no running machine; what its next one says follows here.\n'));
  desk.controller.abort();
  await ended;
});

test('console ends with 130 on Ctrl-C where there is no terminal', async () => {
  const ended = desk.nexus('console', 'n1', '--raw');
  await until(() => desk.out.includes('@nexus record'));
  desk.controller.abort();
  expect((await ended).code).toBe(130);
});

test('a console of a node that is not there', async () => {
  expect(await desk.nexus('console', 'n3')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/the nodes are n1, n2\n {2}hint: Did you mean "n\d"\?/),
  });
});
