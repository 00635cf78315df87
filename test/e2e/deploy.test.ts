/** Nodes on the real QEMU with the real kernel: what `test/providers/deploy` tries with a stand-in, and the mesh. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isKind, pledgeMask } from '../../model';
import {
  type Deployed,
  type DeployRequest,
  deployNode,
  ensureHostd,
  findQemu,
  type NodeView,
  observeNode,
  removeMeshKey,
  removeNode,
} from '../../providers/deploy';
import { assembleImage, clangTools } from '../../providers/factory';
import { openLedger } from '../../providers/provchain';
import {
  bundleProgram,
  cleanUp,
  filesBelow,
  killBeforeEachCall,
  makeWorkFolder,
  processesBelow,
  requestOf,
  startCaller,
  until,
} from '../providers/deploy/_rig';

const kernelFolder = join(__dirname, '../../kernel');
const qemu = findQemu();
const nodes = ['n1', 'n2', 'n3'] as const;
let programs: { readonly folder: string; readonly hostd: string; readonly caller: string };
let images: {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly hangs: Uint8Array;
  readonly panics: Uint8Array;
};
let folder: string;
let stateDir: string;

beforeAll(async () => {
  const programsFolder = makeWorkFolder();
  programs = {
    folder: programsFolder,
    hostd: bundleProgram(programsFolder, '_hostd-entry', join(__dirname, '_hostd-entry.ts')),
    caller: bundleProgram(programsFolder, '_caller-entry'),
  };
  images = await buildImages(programsFolder);
}, 120_000);
afterAll(() => rmSync(programs.folder, { recursive: true, force: true }));
beforeEach(() => {
  folder = makeWorkFolder();
  stateDir = join(folder, '.nexus');
});
afterEach(() => cleanUp(folder));

async function buildImages(workFolder: string): Promise<typeof images> {
  const tools = clangTools();
  const kernel = await tools.compileKernel({ kernelFolder });
  const cellOf = async (text: string): Promise<Uint8Array> => {
    const sourceFolder = join(workFolder, `cell-${text}`);
    mkdirSync(sourceFolder);
    writeFileSync(
      join(sourceFolder, 'main.c'),
      `#include <nexus/cell.h>\nint main(void) { for (;;) { nexus_print("${text}\\n"); nexus_sleep_micros(200000); } }\n`,
    );
    return tools.compileCell({
      name: 'hello',
      sourceFolder,
      kernelFolder,
      stackBytes: 4096,
      pledgeMask: pledgeMask(['stdio', 'clock']),
    });
  };
  const first = assembleImage(kernel, [await cellOf('first')]);
  const second = assembleImage(kernel, [await cellOf('second')]);
  // Behind the header only zeros, which are no instruction; and a cell that is none.
  const hangs = second.slice().fill(0, 96);
  const panics = second.slice().fill(0xff, kernel.length, kernel.length + 16);
  return { first, second, hangs, panics };
}

const request = (image: Uint8Array, changes: Partial<DeployRequest> = {}): Promise<DeployRequest> =>
  requestOf(stateDir, programs.hostd, image, { healthWindowMs: 10_000, ...changes });
const deploy = async (image: Uint8Array, changes: Partial<DeployRequest> = {}): Promise<Deployed> =>
  deployNode(await request(image, changes));
const deployAll = (image: Uint8Array, changes: Partial<DeployRequest> = {}): Promise<Deployed[]> =>
  Promise.all(nodes.map((node) => deploy(image, { node, ...changes })));
const observe = (node: string = 'n1') => observeNode(stateDir, node, {}, { hostdEntry: programs.hostd });
const machines = (): number[] => processesBelow(join(stateDir, 'nodes'));
const consoleOf = (node: string): string =>
  readFileSync(join(stateDir, 'nodes', node, 'console.log'), 'latin1');

async function views(): Promise<readonly NodeView[]> {
  const hostd = await ensureHostd({ stateDir, entry: programs.hostd });
  try {
    return await hostd.nodes();
  } finally {
    hostd.close();
  }
}
const hearEachOther = async (): Promise<boolean> => {
  const seen = await views();
  return (
    seen.length === 3 && seen.every(({ peers }) => peers.length === 2 && peers.every(({ heard }) => heard))
  );
};

test('three nodes boot, prove what they run, and hear each other', async () => {
  const results = await deployAll(images.first);
  for (const result of results) {
    expect(result).toMatchObject({ slot: 'a', epoch: '1', restarted: true });
    expect(result.checks.filter((check) => !check.ok)).toEqual([]);
    expect(result.record.statement.predicate.cells).toEqual([{ name: 'hello', state: 'running' }]);
  }
  await until(hearEachOther);
  await until(() => nodes.every((node) => consoleOf(node).includes('hello: first')));
  for (const node of nodes) {
    const [lines, whole] = [consoleOf(node).split('\n'), /^(hello: first|rumpk: [ -~]+|)$/];
    expect(consoleOf(node)).toMatch(/^\r\nOpenSBI v\d/);
    expect(
      lines.slice(
        lines.findIndex((line) => line.startsWith('rumpk: ')),
        -1,
      ),
    ).toEqual(expect.not.arrayContaining([expect.not.stringMatching(whole)]));
  }
  for (const node of nodes) expect(await observe(node)).toMatchObject({ status: 'running' });
});

test('heartbeats come into the ledger, one record an interval', async () => {
  await deployAll(images.first, { ledgerIntervalMs: 1_500 });
  const ledger = await openLedger({
    folder: join(stateDir, 'ledger'),
    keysFolder: join(stateDir, 'keys'),
    clock: Date.now,
  });
  const isOfAll = async (): Promise<boolean> => {
    for await (const { statement } of ledger.entries())
      if (isKind(statement, 'heartbeat-interval') && statement.predicate.nodeCount === nodes.length)
        return true;
    return false;
  };
  await until(isOfAll);
});

test('a killed QEMU is seen as dead, and deployed again from the same slot', async () => {
  const { pid } = await deploy(images.first);
  process.kill(pid, 'SIGKILL');
  await until(() => machines().length === 0);
  expect(await observe()).toMatchObject({ status: 'dead' });
  expect(await deploy(images.first)).toMatchObject({ slot: 'a', epoch: '2', restarted: true });
  expect(await observe()).toMatchObject({ status: 'running' });
});

test('a stopped QEMU is seen as silent', async () => {
  const { pid } = await deploy(images.first);
  process.kill(pid, 'SIGSTOP');
  expect(await observeNode(stateDir, 'n1', {}, { hostdEntry: programs.hostd, timeoutMs: 500 })).toMatchObject(
    { status: 'silent' },
  );
  expect(await deploy(images.first)).toMatchObject({ restarted: true });
  expect(machines()).toHaveLength(1);
});

test('the daemon is killed and the mesh is whole again', async () => {
  await deployAll(images.first);
  await until(hearEachOther);
  process.kill(Number(readFileSync(join(stateDir, 'hostd.pid'), 'utf8')), 'SIGKILL');
  await delay(1_000);
  await until(hearEachOther);
  expect(machines()).toHaveLength(3);
});

test('an update goes from slot to slot, and the mesh takes the node up again', async () => {
  await deployAll(images.first);
  const results = await deployAll(images.second);
  expect(results.map(({ slot, epoch }) => `${slot}${epoch}`)).toEqual(['b2', 'b2', 'b2']);
  await until(hearEachOther);
  await until(() => consoleOf('n1').includes('hello: second'));
  expect(await deploy(images.first)).toMatchObject({ slot: 'a', epoch: '3' });
});

test.each(['hangs', 'panics'] as const)(
  'an image that %s fails, and the old slot is back and proves it',
  async (word) => {
    await deploy(images.first);
    const failure = await deploy(images[word], { healthWindowMs: 1_500 }).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'rolled-back',
      attempt: { slot: 'b', epoch: '2' },
      restored: { slot: 'a', epoch: '3' },
    });
    if (word === 'panics') expect(failure.message).toContain('it said: ');
    expect(consoleOf('n1').match(/^@nexus panic .+$/gm) ?? []).toHaveLength(word === 'panics' ? 1 : 0);
    expect(consoleOf('n1').match(/OpenSBI v/g)).toHaveLength(3);
    expect(await observe()).toMatchObject({ status: 'running' });
    expect(machines()).toEqual([failure.restored.pid]);
  },
);

describe('a machine that waits for the daemon', () => {
  const deployWithout = async (kill: () => void): Promise<Deployed> =>
    deployNode(await request(images.first), {
      progress: (text) => (text === 'waiting for its boot record' ? kill() : undefined),
    });
  const killDaemon = (): void =>
    void process.kill(Number(readFileSync(join(stateDir, 'hostd.pid'), 'utf8')), 'SIGKILL');

  test('is taken up by the next daemon, and its boot is heard from the first byte', async () => {
    const { pid } = await deployWithout(killDaemon);
    expect(machines()).toEqual([pid]);
    expect(consoleOf('n1')).toMatch(/^\r\nOpenSBI v\d/);
    expect(await observe()).toMatchObject({ status: 'running' });
  });

  test('is ended with its deployment when no daemon can be started', async () => {
    const failure = await deployWithout(() => {
      killDaemon();
      rmSync(join(stateDir, 'hostd.sock'));
      mkdirSync(join(stateDir, 'hostd.sock'));
    }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'deploy-failed' });
    expect(failure.message).not.toContain('QEMU waiting');
    expect(machines()).toEqual([]);
  });

  test('is left by a caller that is killed, and removed with its node', async () => {
    const imageFile = join(folder, 'image');
    writeFileSync(imageFile, images.first);
    const caller = startCaller(programs, await request(images.first), { imageFile, qemu });
    await until(() => caller.said().includes('waiting for its boot record'));
    killDaemon();
    caller.process.kill('SIGKILL');
    await caller.ended;
    await removeNode(stateDir, 'n1', { identity: 'remove' });
    await until(() => processesBelow(folder).length === 0);
    expect(filesBelow(join(stateDir, 'nodes')).sort()).toEqual(['n2/node.key', 'n3/node.key']);
  });
});

test('a QEMU that the host was never told of ends before it touches a socket of the one that runs', async () => {
  const { pid } = await deploy(images.first);
  const copy = join(folder, 'pid');
  cpSync(join(stateDir, 'nodes/n1/qemu.pid'), copy);
  const { startMachine } = await import('../../providers/deploy/machine');
  const { nodePaths } = await import('../../providers/deploy/state-folder');
  const spec = {
    node: 'n1',
    slot: 'a',
    memoryMib: 16,
    accelerator: 'tcg',
    macAddress: '02:00:00:00:00:01',
  } as const;
  await expect(startMachine('qemu-system-riscv64', nodePaths(stateDir, 'n1'), spec)).rejects.toMatchObject({
    code: 'socket-in-use',
  });
  expect(readFileSync(join(stateDir, 'nodes/n1/qemu.pid'), 'utf8')).toBe(readFileSync(copy, 'utf8'));
  expect(machines()).toEqual([pid]);
});

test('an update that is killed before any of its calls is brought to an end by the next one', async () => {
  const imageFile = join(folder, 'image');
  await deploy(images.first);
  let round = 0;
  const killed = await killBeforeEachCall(async (killBefore) => {
    const image = ++round % 2 === 0 ? images.first : images.second;
    writeFileSync(imageFile, image);
    const caller = startCaller(programs, await request(image), { imageFile, qemu, killBefore });
    await caller.ended;
    const result = await deploy(image);
    expect(machines()).toEqual([result.pid]);
    const deployed = { imageCid: result.imageCid, trying: false };
    expect(await observe()).toMatchObject({ status: 'running', deployed });
    expect(filesBelow(stateDir).filter((path) => path.endsWith('.tmp'))).toEqual([]);
    return caller;
  });
  // Fewer would mean that the calls are no longer counted.
  expect(killed).toBeGreaterThan(15);
}, 240_000);

test('a first deployment that is killed before any of its calls is brought to an end by the next one', async () => {
  const imageFile = join(folder, 'image');
  writeFileSync(imageFile, images.first);
  let round = 0;
  const killed = await killBeforeEachCall(async (killBefore) => {
    stateDir = join(folder, String(++round));
    const asked = await request(images.first);
    const caller = startCaller(programs, asked, { imageFile, qemu, killBefore });
    await caller.ended;
    const result = await deployNode(asked);
    expect(machines()).toEqual([result.pid]);
    await removeNode(stateDir, 'n1', { identity: 'remove' });
    expect(processesBelow(folder)).toEqual([]);
    return caller;
  });
  expect(killed).toBeGreaterThan(20);
}, 240_000);

test('a removal that is killed before any of its calls is brought to an end by the next one', async () => {
  const imageFile = join(folder, 'image');
  writeFileSync(imageFile, images.first);
  const killed = await killBeforeEachCall(async (killBefore) => {
    await deploy(images.first);
    const options = { imageFile, qemu, remove: true, killBefore };
    const caller = startCaller(programs, await request(images.first), options);
    await caller.ended;
    await removeNode(stateDir, 'n1', { identity: 'remove' });
    expect(processesBelow(folder)).toEqual([]);
    const left = filesBelow(stateDir).filter((path) => !/^(ledger|keys)\//.test(path));
    expect(left.sort()).toEqual(['meshes/swarm.key', 'nodes/n2/node.key', 'nodes/n3/node.key']);
    return caller;
  });
  expect(killed).toBeGreaterThan(10);
}, 240_000);

test('two callers at once on one node: the second waits and finds the work done', async () => {
  const imageFile = join(folder, 'image');
  writeFileSync(imageFile, images.first);
  const asked = await request(images.first);
  const callers = [1, 2].map(() => startCaller(programs, asked, { imageFile, qemu }));
  const results = await Promise.all(callers.map(async ({ ended }) => JSON.parse(await ended)));
  expect(results.map(({ restarted }) => restarted).sort()).toEqual([false, true]);
  expect(machines()).toEqual([results[0].pid]);
});

test('removal leaves no process, socket or file', async () => {
  await deployAll(images.first);
  await Promise.all(nodes.map((node) => removeNode(stateDir, node, { identity: 'remove' })));
  await removeMeshKey(stateDir, 'swarm');
  expect(processesBelow(folder)).toEqual([]);
  // What the nodes did stays in the ledger, with the keys that signed it.
  expect(filesBelow(stateDir).filter((path) => !/^(ledger|keys)\//.test(path))).toEqual([]);
});
