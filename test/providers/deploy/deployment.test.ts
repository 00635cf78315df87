/** Deploying against a stand-in for QEMU; `test/e2e/deploy.test.ts` does the same with the real one. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  type Deployed,
  type DeploymentError,
  type DeployRequest,
  deployNode,
  ensureHostd,
  findNode,
  listNodes,
  observeNode,
  removeMeshKey,
  removeNode,
  removeNodeIdentity,
  surveyNodes,
} from '../../../providers/deploy';
import {
  bundlePrograms,
  cleanUp,
  filesBelow,
  makeWorkFolder,
  type Programs,
  processesBelow,
  requestOf,
  startCaller,
  until,
} from './_rig';

let programs: Programs;
let folder: string;
let stateDir: string;

beforeAll(() => {
  programs = bundlePrograms();
});
afterAll(() => rmSync(programs.folder, { recursive: true, force: true }));
beforeEach(() => {
  folder = makeWorkFolder();
  stateDir = join(folder, '.nexus');
});
afterEach(() => cleanUp(folder));

const request = (image: string, changes: Partial<DeployRequest> = {}): Promise<DeployRequest> =>
  requestOf(stateDir, programs.hostd, image, changes);
const deploy = async (image: string, changes: Partial<DeployRequest> = {}): Promise<Deployed> =>
  deployNode(await request(image, changes), { qemu: programs.machine });
const failing = async (image: string, changes: Partial<DeployRequest> = {}): Promise<DeploymentError> =>
  deploy(image, changes).then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );
const nodeFile = (name: string): string => join(stateDir, 'nodes/n1', name);
const observe = (expected = {}) =>
  observeNode(stateDir, 'n1', expected, { hostdEntry: programs.hostd, timeoutMs: 700 });
const machines = (): number[] => processesBelow(join(stateDir, 'nodes'));

test('a node is deployed, proves what it runs, and stands in slot a', async () => {
  const result = await deploy('stand-in good 1');
  expect(result).toMatchObject({ slot: 'a', epoch: '1', restarted: true, node: 'n1' });
  expect(result.checks.filter((check) => !check.ok)).toEqual([]);
  expect(machines()).toEqual([result.pid]);
  expect(await observe()).toMatchObject({ status: 'running', pid: result.pid });
  expect(await findNode(stateDir, 'n1')).toMatchObject({ node: 'n1', slot: 'a', trying: false });
});

test('secrets stand in files that only their owner can read, and not in the arguments', async () => {
  const { pid } = await deploy('stand-in good 1');
  for (const file of [nodeFile('node.key'), nodeFile('config.bin'), join(stateDir, 'meshes/swarm.key')])
    expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(stateDir).mode & 0o777).toBe(0o700);
  const seed = readFileSync(nodeFile('node.key'), 'utf8').trim();
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(seed);
  expect(readFileSync(nodeFile('node.json'), 'utf8')).not.toContain(seed);
});

test('the same again restarts nothing', async () => {
  const first = await deploy('stand-in good 1');
  expect(await deploy('stand-in good 1')).toMatchObject({ pid: first.pid, epoch: '1', restarted: false });
});

test('a new image goes into the other slot, and the next one back', async () => {
  await deploy('stand-in good 1');
  expect(await deploy('stand-in good 2')).toMatchObject({ slot: 'b', epoch: '2' });
  expect(await deploy('stand-in good 3')).toMatchObject({ slot: 'a', epoch: '3' });
  expect(machines()).toHaveLength(1);
});

test('a changed configuration with the same image restarts the node in the other slot', async () => {
  await deploy('stand-in good 1');
  expect(await deploy('stand-in good 1', { helloIntervalMs: 400 })).toMatchObject({
    slot: 'b',
    restarted: true,
  });
});

test('a first record that was printed before the daemon listened is asked for again', async () => {
  expect(await deploy('stand-in early')).toMatchObject({ slot: 'a' });
});

test.each([
  ['silent', /no record within \d+ ms, it is silent/],
  ['crash', /its machine ended by itself; it said: the stand-in was told to crash/],
  ['lies', /it runs something else than was deployed: image: /],
])('an image that is %s fails, and the old slot comes back', async (word, reason) => {
  const before = await deploy('stand-in good 1');
  const error = await failing(`stand-in ${word}`, { healthWindowMs: 600 });
  expect(error).toMatchObject({ name: 'NexusError', code: 'rolled-back' });
  expect(error.message).toMatch(reason);
  expect(error.message).toContain(`slot a with image "${before.imageCid}" is back and has proved it`);
  expect(error.attempt).toMatchObject({ slot: 'b', epoch: '2' });
  expect(error.attempt.rejected === undefined).toBe(word !== 'lies');
  expect(error.restored).toMatchObject({ slot: 'a', epoch: '3', imageCid: before.imageCid });
  expect(await observe({ imageCid: before.imageCid })).toMatchObject({ status: 'running' });
  expect(existsSync(nodeFile('slot-b.img'))).toBe(false);
  expect(machines()).toHaveLength(1);
});

test('an old slot whose file was damaged is not started again, and the error says so', async () => {
  await deploy('stand-in good 1');
  writeFileSync(nodeFile('slot-a.img'), 'stand-in good 2');
  const error = await failing('stand-in crash');
  expect(error).toMatchObject({ code: 'deploy-failed', restored: undefined });
  expect(error.message).toContain('slot a did not come back either: its file is damaged');
  expect(machines()).toEqual([]);
});

test('a bad image tried again and again never costs the good slot', async () => {
  await deploy('stand-in good 1');
  for (let round = 0; round < 2; round++)
    expect(await failing('stand-in crash')).toMatchObject({ code: 'rolled-back', restored: { slot: 'a' } });
  expect(await deploy('stand-in good 2')).toMatchObject({ slot: 'b' });
});

test('a first image that fails leaves the node stopped, and nothing of the image', async () => {
  const error = await failing('stand-in crash');
  expect(error).toMatchObject({ code: 'deploy-failed', restored: undefined });
  expect(error.message).toContain('there is no older slot to go back to, so the node is stopped');
  expect(machines()).toEqual([]);
  expect(existsSync(nodeFile('slot-a.img'))).toBe(false);
  expect(existsSync(nodeFile('config.bin'))).toBe(false);
  expect(await observe()).toMatchObject({ status: 'missing' });
  expect(await deploy('stand-in good 1')).toMatchObject({ slot: 'a', epoch: '2' });
});

test('a cancelled try gives the slot up for the old one', async () => {
  await deploy('stand-in good 1');
  const cancel = new AbortController();
  const next = deployNode(await request('stand-in silent', { healthWindowMs: 20_000 }), {
    qemu: programs.machine,
    signal: cancel.signal,
    progress: (text) => {
      if (text.startsWith('waiting for its boot')) setTimeout(() => cancel.abort(), 50);
    },
  });
  await expect(next).rejects.toMatchObject({ code: 'rolled-back', restored: { slot: 'a' } });
});

test('drift is told apart: dead, silent, another image, another configuration, another key, missing', async () => {
  expect(await observe()).toMatchObject({ status: 'missing' });
  const { pid, imageCid } = await deploy('stand-in good 1');
  const other = (await request('another')).imageCid;
  expect(await observe({ imageCid: other })).toMatchObject({ status: 'wrong-image' });
  expect(await observe({ imageCid, configDigest: '00'.repeat(32) })).toMatchObject({
    status: 'wrong-config',
  });
  expect(await observe({ publicKey: '00'.repeat(32) })).toMatchObject({ status: 'wrong-key' });
  process.kill(pid, 'SIGKILL');
  await until(() => machines().length === 0);
  expect(await observe()).toMatchObject({ status: 'dead' });
  expect(await deploy('stand-in good 1')).toMatchObject({ slot: 'a', epoch: '2', restarted: true });
  await deploy('stand-in deaf');
  expect(await observe()).toMatchObject({ status: 'silent', detail: expect.stringContaining('700 ms') });
});

test('a recycled pid in the pid file is not taken for the node', async () => {
  const { pid } = await deploy('stand-in good 1');
  process.kill(pid, 'SIGKILL');
  await until(() => machines().length === 0);
  writeFileSync(nodeFile('qemu.pid'), `${process.pid}\n`);
  expect(await observe()).toMatchObject({ status: 'dead' });
  await removeNode(stateDir, 'n1', { identity: 'remove' });
  expect(existsSync(nodeFile('node.json'))).toBe(false);
});

test('the daemon is killed and the next one finds all nodes again', async () => {
  await deploy('stand-in good 1');
  await deploy('stand-in good 1', { node: 'n2' });
  const before = Number(readFileSync(join(stateDir, 'hostd.pid'), 'utf8'));
  process.kill(before, 'SIGKILL');
  expect(await observe()).toMatchObject({ status: 'running' });
  const client = await ensureHostd({ stateDir, entry: programs.hostd });
  await until(async () =>
    (await client.nodes()).every((view) => view.console && view.network && view.epoch !== null),
  );
  expect((await client.nodes()).map((view) => view.node).sort()).toEqual(['n1', 'n2']);
  client.close();
  expect(Number(readFileSync(join(stateDir, 'hostd.pid'), 'utf8'))).not.toBe(before);
});

test('a file, or a foreign listener, at the place of a socket is one clear error, and nothing is started', async () => {
  await request('stand-in good 1');
  mkdirSync(nodeFile(''), { recursive: true });
  writeFileSync(nodeFile('serial.sock'), 'a file');
  await expect(deploy('stand-in good 1')).rejects.toMatchObject({
    code: 'socket-path-taken',
    hint: 'Move the file away, then run this again.',
  });
  rmSync(nodeFile('serial.sock'));
  const foreign = createServer().listen(nodeFile('net.sock'));
  await until(() => foreign.listening);
  await expect(deploy('stand-in good 1')).rejects.toMatchObject({ code: 'socket-in-use' });
  foreign.close();
  expect(machines()).toEqual([]);
});

test('a daemon that cannot be started is found out while the old slot still runs', async () => {
  const { pid } = await deploy('stand-in good 1');
  const daemon = Number(readFileSync(join(stateDir, 'hostd.pid'), 'utf8'));
  process.kill(daemon, 'SIGKILL');
  await until(() => !existsSync(`/proc/${daemon}`));
  rmSync(join(stateDir, 'hostd.sock'));
  mkdirSync(join(stateDir, 'hostd.sock'));
  await expect(deploy('stand-in good 2')).rejects.toMatchObject({ code: 'socket-path-taken' });
  expect(machines()).toEqual([pid]);
});

test('bytes that are not those of the CID, and an accelerator that cannot be, are refused', async () => {
  const bad = { ...(await request('stand-in good 1')), imageBytes: Buffer.from('other') };
  await expect(deployNode(bad, { qemu: programs.machine })).rejects.toMatchObject({
    code: 'wrong-image-bytes',
  });
  await expect(deploy('stand-in good 1', { accelerator: 'kvm' })).rejects.toMatchObject({
    code: 'bad-accelerator',
  });
});

test('two callers at once on one node: the second waits and finds the work done', async () => {
  const imageFile = join(folder, 'image');
  writeFileSync(imageFile, 'stand-in good 1');
  const asked = await request('stand-in good 1');
  const callers = [1, 2].map(() => startCaller(programs, asked, { imageFile, qemu: programs.machine }));
  const results = await Promise.all(callers.map(async ({ ended }) => JSON.parse(await ended)));
  expect(results.map(({ restarted }) => restarted).sort()).toEqual([false, true]);
  expect(results[0].pid).toBe(results[1].pid);
  expect(machines()).toHaveLength(1);
});

test('a caller that is killed at any instant leaves a node that the next call brings to what was asked for', async () => {
  const imageFile = join(folder, 'image');
  for (const [index, killAfterMs] of [60, 120, 180, 240, 300, 400].entries()) {
    const image = `stand-in good ${index}`;
    writeFileSync(imageFile, image);
    const caller = startCaller(programs, await request(image), { imageFile, qemu: programs.machine });
    setTimeout(() => caller.process.kill('SIGKILL'), killAfterMs);
    await caller.ended;
    const result = await deploy(image);
    expect(machines()).toEqual([result.pid]);
    expect(await observe({ imageCid: result.imageCid })).toMatchObject({ status: 'running' });
  }
});

test('a node that is removed and made again, or whose record is lost, goes on counting its starts', async () => {
  // Peers would drop its hellos as replays until they are started again themselves.
  expect((await deploy('stand-in good 1')).epoch).toBe('1');
  await removeNode(stateDir, 'n1', { identity: 'keep' });
  expect((await deploy('stand-in good 1')).epoch).toBe('2');
  writeFileSync(nodeFile('node.json'), 'garbage');
  await expect(deploy('stand-in good 1')).rejects.toMatchObject({
    code: 'bad-node-record',
    hint: expect.stringContaining('Remove this file and deploy again'),
  });
  rmSync(nodeFile('node.json'));
  expect((await deploy('stand-in good 1')).epoch).toBe('3');
  expect(machines()).toHaveLength(1);
  await removeNode(stateDir, 'n1', { identity: 'remove' });
  expect((await deploy('stand-in good 1')).epoch).toBe('1');
});

test('a node whose record cannot be read is found so, and hides no other; the last readable one can be removed', async () => {
  await deploy('stand-in good 1');
  mkdirSync(join(stateDir, 'nodes/n0'), { mode: 0o700 });
  writeFileSync(join(stateDir, 'nodes/n0/node.json'), '{"format":');
  const { deployed, unreadable } = await surveyNodes(stateDir);
  expect([deployed.map(({ node }) => node), unreadable.map(({ node }) => node)]).toEqual([['n1'], ['n0']]);
  expect(await listNodes(stateDir)).toEqual(['n0', 'n1']);
  expect(await findNode(stateDir, 'n1')).toMatchObject({ node: 'n1' });
  await expect(findNode(stateDir, 'n0')).rejects.toMatchObject({ code: 'bad-node-record' });
  const seen = await observeNode(stateDir, 'n0', {}, { hostdEntry: programs.hostd });
  expect(seen).toMatchObject({ status: 'unreadable', deployed: undefined });
  expect(seen.detail).toContain('Remove this file and deploy again');
  await removeNode(stateDir, 'n1', { identity: 'remove' });
  expect(await listNodes(stateDir)).toEqual(['n0']);
  await removeNode(stateDir, 'n0', { identity: 'remove' });
  expect(await listNodes(stateDir)).toEqual([]);
});

test('a damaged count of starts is an error with a hint, never a count from the beginning', async () => {
  await deploy('stand-in good 1');
  await removeNode(stateDir, 'n1', { identity: 'keep' });
  writeFileSync(nodeFile('node.epoch'), 'seven');
  await expect(deploy('stand-in good 1')).rejects.toMatchObject({ code: 'bad-epoch-file' });
});

test('removal leaves no process, socket or file, and can be done again', async () => {
  await deploy('stand-in good 1');
  await deploy('stand-in good 1', { node: 'n2' });
  await removeNode(stateDir, 'n1', { identity: 'keep' });
  expect(filesBelow(join(stateDir, 'nodes/n1')).sort()).toEqual(['node.epoch', 'node.key']);
  await removeNode(stateDir, 'n2', { identity: 'remove' });
  expect(processesBelow(folder)).toEqual([]);
  for (const node of ['n1', 'n2', 'n3']) await removeNode(stateDir, node, { identity: 'remove' });
  await removeNodeIdentity(stateDir, 'n1');
  await removeMeshKey(stateDir, 'swarm');
  expect(filesBelow(stateDir)).toEqual([]);
});
