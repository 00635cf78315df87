/** Real kernels on one Ethernet: who hears whom, and which frames count. docs/utcp.md */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Neighbourhood } from '../../providers/utcp';
import {
  helloImage,
  isRecord,
  KernelRig,
  nodeConfig,
  parseRecordLine,
  publicKeyOf,
  type RumpkMachine,
  testMeshKey,
} from '../support/kernel';

const rig = new KernelRig();
afterEach(() => rig.stop());

describe('mesh', () => {
  test('three nodes hear each other, and a node with another mesh key hears and is heard by nobody', async () => {
    const names = ['n1', 'n2', 'n3', 'n4'];
    const stranger = nodeConfig('n4', names, { meshKey: new Uint8Array(16).fill(1) });
    await rig.bootTogether(await helloImage(), [
      ...['n1', 'n2', 'n3'].map((name) => nodeConfig(name, names)),
      stranger,
    ]);
    for (const machine of rig.machines.slice(0, 3)) {
      const heard = { n1: true, n2: true, n3: true, n4: false };
      const record = await waitForPeers(machine, (peers) => peers.filter((peer) => peer.heard).length === 2);
      for (const peer of record) expect(peer.heard).toBe(heard[peer.name as keyof typeof heard]);
      await machine.waitFor((line) => /dropped frames: .*tag [1-9]/.test(line));
    }
    const alone = await waitForPeers(rig.machine(3), () => true);
    expect(alone.map(({ heard }) => heard)).toEqual([false, false, false]);
    await rig.machine(0).waitFor('hello: hearing 2 of 3 peers');
  });

  test('a peer that falls silent is no longer heard, and one that comes back with a new epoch is', async () => {
    const names = ['n1', 'n2'];
    const image = await helloImage();
    const hub = await rig.bootTogether(
      image,
      names.map((name) => nodeConfig(name, names)),
    );
    const [first, second] = [rig.machine(0), rig.machine(1)];
    await waitForPeers(first, ([peer]) => peer?.heard === true);
    await second.stop();
    await waitForPeers(first, ([peer]) => peer?.heard === false);
    const again = rig.boot(image, nodeConfig('n2', names, { epoch: 2n }), 2);
    await hub.plug(again.networkSocket);
    await waitForPeers(first, ([peer]) => peer?.heard === true);
  });

  test('the reference hears a node; replayed, changed and foreign frames make no peer heard', async () => {
    const names = ['n1', 'n2'];
    const peers = [{ name: 'n2', publicKey: publicKeyOf('n2') }];
    const reference = new Neighbourhood({ meshKey: testMeshKey, peers, helloIntervalMs: 200 });
    const hub = rig.hub();
    const image = await helloImage();
    const frames: Buffer[] = [];
    hub.filter = (frame) => {
      frames.push(frame);
      return undefined;
    };
    const second = rig.boot(image, nodeConfig('n2', names), 2);
    await hub.plug(second.networkSocket);
    while (frames.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    await second.stop();
    const [hello = Buffer.alloc(0)] = frames;
    expect(reference.receive(hello, 0)).toEqual({ heard: 'n2' });
    const first = rig.boot(image, nodeConfig('n1', names), 1);
    await hub.plug(first.networkSocket);
    await first.waitFor('n1 is up');
    for (let at = 14; at < hello.length; at += 1) hub.inject(flipped(hello, at));
    for (const size of [1, 13, 14, 60, 181, 183, 1514]) hub.inject(Buffer.alloc(size, hello));
    const before = await waitForPeers(first, () => true);
    expect(before.map(({ heard }) => heard)).toEqual([false]);
    hub.inject(hello);
    await first.waitFor('rumpk: hears n2');
    hub.inject(hello);
    await first.waitFor((line) => /dropped frames: .*replay 1/.test(line));
  });
});

interface UtcpVectors {
  readonly meshKey: string;
  readonly self: { readonly name: string; readonly seed: string };
  readonly peers: readonly { readonly name: string; readonly publicKey: string; readonly cellId: string }[];
  readonly frames: readonly { readonly frame: string; readonly outcome: string }[];
}

test('the frames of the UTCP vectors are taken and dropped as the specification says', async () => {
  const vectors: UtcpVectors = JSON.parse(
    readFileSync(join(__dirname, '../vectors/utcp/hello.json'), 'utf8'),
  );
  const config = nodeConfig(vectors.self.name, [], {
    seed: Buffer.from(vectors.self.seed, 'hex'),
    meshKey: Buffer.from(vectors.meshKey, 'hex'),
    helloIntervalMs: 5000,
    peers: vectors.peers.map((peer) => ({
      name: peer.name,
      publicKey: Buffer.from(peer.publicKey, 'hex'),
      cellId: Buffer.from(peer.cellId, 'hex'),
    })),
  });
  // QEMU's stream netdev takes no frame of 0 bytes, so that one cannot come over a wire.
  const frames = vectors.frames.filter(({ frame }) => frame !== '');
  const hub = await rig.bootTogether(await helloImage(), [config]);
  await rig.machine(0).waitFor('n0 is up');
  for (const { frame } of frames) hub.inject(Buffer.from(frame, 'hex'));
  const heard = await waitForPeers(rig.machine(0), (peers) => peers.every((peer) => peer.heard));
  expect(heard.map(({ name }) => name)).toEqual(['n1', 'n2']);
  const expected = frames.map(({ outcome }) => kernelReason(outcome));
  const count = (reason: string): number => expected.filter((candidate) => candidate === reason).length;
  const reasons = ['ethertype', 'form', 'tag', 'stranger', 'replay', 'signature'];
  const line = `rumpk: dropped frames: ${reasons.map((reason) => `${reason} ${count(reason)}`).join(' ')}`;
  expect(await rig.machine(0).waitFor('dropped frames')).toBe(line);
});

/** The kernel knows hellos only, and counts everything about their form under one reason, as docs/utcp.md allows. */
function kernelReason(outcome: string): string {
  const reason = outcome.replace('dropped ', '');
  return ['length', 'version', 'type', 'hello'].includes(reason) ? 'form' : reason;
}

function flipped(frame: Buffer, at: number): Buffer {
  const copy = Buffer.from(frame);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

type Peers = ReturnType<typeof parseRecordLine>['statement']['predicate']['peers'];
/** Waits for a heartbeat whose peers are as wanted. */
async function waitForPeers(machine: RumpkMachine, wanted: (peers: Peers) => boolean): Promise<Peers> {
  for (let records = 0; records < 20; records += 1) {
    const line = await machine.waitFor((text) => isRecord(text) && text.includes('/heartbeat/v1'));
    const { peers } = parseRecordLine(line).statement.predicate;
    if (wanted(peers)) return peers;
  }
  throw new Error('the peers never were as wanted');
}
