/** The daemon against stand-in machines: its single instance, its consoles, its intervals, its end. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  deployNode,
  ensureHostd,
  findHostd,
  type HostdClient,
  hostdProtocol,
  removeNode,
  runHostd,
} from '../../../../providers/deploy';
import { connectInFolder, listenInFolder } from '../../../../providers/deploy/unix-socket';
import {
  bundlePrograms,
  cleanUp,
  filesBelow,
  makeWorkFolder,
  type Programs,
  processesBelow,
  requestOf,
  until,
} from '../_rig';

let programs: Programs;
let folder: string;
let stateDir: string;
const clients: HostdClient[] = [];

beforeAll(() => {
  programs = bundlePrograms();
});
afterAll(() => rmSync(programs.folder, { recursive: true, force: true }));
beforeEach(() => {
  folder = makeWorkFolder();
  stateDir = join(folder, '.nexus');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await cleanUp(folder);
});

async function client(ledgerIntervalMs?: number): Promise<HostdClient> {
  const connected = await ensureHostd({ stateDir, entry: programs.hostd, ledgerIntervalMs });
  clients.push(connected);
  return connected;
}
const deploy = async (node = 'n1', changes = {}) =>
  deployNode(await requestOf(stateDir, programs.hostd, 'stand-in good', { node, ...changes }), {
    qemu: programs.machine,
  });

test('however many look for the daemon at once, there is one', async () => {
  const pids = await Promise.all(Array.from({ length: 8 }, async () => (await (await client()).hello()).pid));
  expect(new Set(pids).size).toBe(1);
  expect(await runHostd({ stateDir, append: async () => undefined })).toBe('running-already');
});

test('a daemon without a node ends by itself, and takes its files with it', async () => {
  const ended = await runHostd({ stateDir, append: async () => undefined, signal: AbortSignal.timeout(50) });
  expect(ended).toBe('idle');
  expect(filesBelow(stateDir)).toEqual([]);
});

test('a daemon of a folder with a path longer than a socket may have is reached all the same', async () => {
  stateDir = join(folder, ...Array.from({ length: 6 }, (_, index) => `${index}`.repeat(40)), '.nexus');
  const { pid } = await deploy();
  expect(processesBelow(join(stateDir, 'nodes'))).toEqual([pid]);
  await removeNode(stateDir, 'n1', { identity: 'remove' });
  expect(processesBelow(folder)).toEqual([]);
});

test('every watcher of a console sees it, and what one types comes to the node', async () => {
  await deploy();
  const seen: string[] = ['', ''];
  const streams = await Promise.all(
    seen.map(async (_, index) =>
      (await client()).console('n1', (chunk) => {
        seen[index] += chunk.toString('latin1');
      }),
    ),
  );
  await streams[0]?.write(Buffer.from('hello?\n'));
  await until(() => seen.every((text) => text.includes('stand-in: heard hello?')));
  streams[0]?.close();
  await streams[0]?.ended;
});

test('a challenge in the middle of somebody typing is its own line', async () => {
  await deploy();
  const connected = await client();
  let seen = '';
  const stream = await connected.console('n1', (chunk) => {
    seen += chunk.toString('latin1');
  });
  await stream.write(Buffer.from('half a li'));
  const nonce = new Uint8Array(32).fill(9);
  const record = await connected.challenge('n1', nonce, 2_000);
  expect(record.statement.predicate.nonce).toBe('09'.repeat(32));
  expect(seen).toContain('stand-in: heard half a li');
});

test('challenges to one node wait for each other, and all are answered', async () => {
  await deploy();
  const connected = await client();
  const nonces = [1, 2, 3, 4, 5].map((byte) => new Uint8Array(32).fill(byte));
  const records = await Promise.all(nonces.map((nonce) => connected.challenge('n1', nonce, 5_000)));
  expect(records.map((record) => record.statement.predicate.nonce)).toEqual(
    nonces.map((nonce) => Buffer.from(nonce).toString('hex')),
  );
});

test('a challenger that goes away does not keep the next one waiting', async () => {
  await deploy('n1');
  const first = await client();
  const gone = first.challenge('n1', new Uint8Array(32).fill(1), 60_000, 60_000).catch((error) => error);
  await first.nodes();
  first.close();
  expect(await gone).toMatchObject({ code: 'hostd-lost' });
  await (await client()).challenge('n1', new Uint8Array(32).fill(2), 2_000);
});

test('heartbeats are collected into one record an interval', async () => {
  await client(400);
  await deploy('n1', { heartbeatIntervalMs: 100 });
  const file = join(folder, 'intervals.jsonl');
  await until(() => existsSync(file));
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({
    site: 'local',
    nodeCount: 1,
    silent: [],
    root: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a frame of one node comes to the others of its mesh and to no other mesh', async () => {
  await deploy('n1');
  await deploy('n2');
  await deploy('n3', { mesh: 'other' });
  const connected = await client();
  await until(async () => (await connected.nodes()).every((view) => view.network));
  const sent = Object.fromEntries(
    (await connected.nodes()).map(({ node, counters }) => [node, counters.sent]),
  );
  expect(sent).toMatchObject({ n1: 1, n3: 0 });
});

test('a node that is not there is an error that says so', async () => {
  const connected = await client();
  await expect(connected.challenge('nobody', new Uint8Array(32), 100)).rejects.toMatchObject({
    code: 'unknown-node',
  });
  await expect(connected.attach('nobody')).rejects.toMatchObject({ code: 'unknown-node' });
  await expect(connected.attach('../n1')).rejects.toMatchObject({ code: 'bad-request' });
});

test('noise on the socket ends that connection and nothing else', async () => {
  const connected = await client();
  for (const noise of [
    '\0\0\n',
    '[]\n',
    '{"id":"x"}\n',
    'x'.repeat(200_000),
    '{"id":1,"op":"constructor"}\n',
  ]) {
    const socket = connectInFolder(stateDir, 'hostd.sock');
    socket.on('error', () => undefined);
    socket.write(noise);
    await delay(20);
    socket.destroy();
  }
  expect(await connected.nodes()).toEqual([]);
});

test('an older daemon is replaced, a newer one is left alone with an error', async () => {
  mkdirSync(stateDir, { recursive: true });
  const listenAs = async (protocol: number) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const { id, op } = JSON.parse(chunk.toString());
        socket.write(
          `${JSON.stringify({ id, value: op === 'hello' ? { protocol, pid: 1 } : { stopping: true } })}\n`,
        );
        if (op === 'stop') server.close();
      });
    });
    await listenInFolder(server, stateDir, 'hostd.sock');
    return server;
  };
  await listenAs(hostdProtocol - 1);
  expect((await (await client()).hello()).protocol).toBe(hostdProtocol);
  await clients[0]?.stop(false);
  await until(() => processesBelow(stateDir).length === 0);
  const newer = await listenAs(hostdProtocol + 1);
  await expect(client()).rejects.toMatchObject({ code: 'newer-hostd' });
  newer.close();
});

test('a foreign listener at its socket that says nothing is an error, not a wait without end', async () => {
  mkdirSync(stateDir, { recursive: true });
  const foreign = createServer((socket) => socket.resume());
  await listenInFolder(foreign, stateDir, 'hostd.sock');
  await expect(client()).rejects.toMatchObject({
    code: 'no-hostd',
    message: expect.stringContaining('what listens at its socket is silent'),
  });
  foreign.close();
});

test('a file at the place of its socket keeps it from starting, and its log says why', async () => {
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, 'hostd.sock'), 'a file');
  await expect(client()).rejects.toMatchObject({ code: 'socket-path-taken' });
  await expect(findHostd(stateDir)).resolves.toBeUndefined();
  await expect(runHostd({ stateDir, append: async () => undefined })).rejects.toMatchObject({
    code: 'socket-path-taken',
  });
  expect(readFileSync(join(stateDir, 'hostd.log'), 'utf8')).toContain('a file stands there, expected none');
});
