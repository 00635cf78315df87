/** Dragonbox for real: built from the live mirror, booted, a container run, the node's records checked, disks spoiled. */
import { digestOfCid } from '../../model';
import { configDigest, type NodeConfig, parseRecordLine, verifyNodeRecord } from '../../providers/deploy';
import { buildProfileImage } from '../../providers/factory';
import { nodeConfig, publicKeyOf, testNonce } from '../support/kernel';
import {
  type BuiltProfile,
  buildProfile,
  LinuxMachine,
  type LinuxMachineOptions,
  ociArchive,
  testShell,
} from '../support/linux';

jest.setTimeout(600_000);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const config: NodeConfig = nodeConfig('d1', ['d1', 'd2'], { heartbeatIntervalMs: 3000 });
const isRecord = (line: string): boolean => line.startsWith('@nexus record');

let built: BuiltProfile;
const machines: LinuxMachine[] = [];

beforeAll(async () => {
  built = await buildProfile('dragonbox', [testShell('busybox stty')]);
});
afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.stop()));
});

async function boot(options: Partial<LinuxMachineOptions> = {}): Promise<LinuxMachine> {
  const machine = await LinuxMachine.boot({ image: built.image, store: built.factory.store, ...options });
  machines.push(machine);
  return machine;
}

/** The answer to a challenge, and which of the expectations failed. */
async function challenge(machine: LinuxMachine, nonce: string) {
  machine.send(`@nexus challenge ${nonce}`);
  const record = parseRecordLine(await machine.waitFor((line) => isRecord(line) && line.includes(nonce)));
  const checks = verifyNodeRecord(record, {
    publicKey: hex(publicKeyOf('d1')),
    node: 'd1',
    nonce,
    imageDigest: hex(digestOfCid(built.image.imageCid)),
    configDigest: hex(configDigest(config)),
    release: config.release,
    epochMin: config.epoch,
  });
  return { record, failed: checks.filter(({ ok }) => !ok).map(({ name }) => name) };
}

test('all parts of the image together keep to 40 MiB', () => {
  expect(built.image.sizeBytes).toBeLessThanOrEqual(40 * 1024 * 1024);
});

test('a rebuild with nothing changed finds the image and runs no tool on it', async () => {
  const phases: string[] = [];
  const again = await buildProfileImage(built.request, built, { onProgress: (phase) => phases.push(phase) });
  expect(again).toMatchObject({ imageCid: built.image.imageCid, isReused: true });
  expect(phases).toEqual(['reuse']);
});

test('it signs its first record, answers challenges, and a container from an OCI archive runs', async () => {
  const busybox = built.cells.find(({ name }) => name === 'busybox')?.tree;
  const program = busybox?.find(({ path }) => path === 'usr/bin/busybox');
  const bytes = program?.type === 'file' ? await built.factory.store.get(program.block) : new Uint8Array();
  const disk = await ociArchive(
    'docker.io/test/hello:1',
    [{ name: 'bin/busybox', bytes, mode: 0o755 }],
    ['/bin/busybox', 'uname', '-n'],
  );
  const machine = await boot({ config, disk });
  const first = parseRecordLine(await machine.waitFor(isRecord));
  expect(first.statement.predicate).toMatchObject({ node: 'd1', nonce: hex(testNonce) });
  expect(await challenge(machine, 'ab'.repeat(32))).toMatchObject({ failed: [] });

  const version = await machine.run('until ctr version 2>&1; do busybox sleep 0.2; done');
  expect(version.output).toMatch(/Server:\n {2}Version: {2}\d+\.\d+/);
  const imported = await machine.run('ctr images import /dev/vdb');
  expect(imported).toMatchObject({ status: 0, output: expect.stringContaining('test/hello:1') });
  const container = await machine.run('ctr run --rm docker.io/test/hello:1 c1 /bin/busybox id -u 2>&1');
  expect(container).toEqual({ status: 0, output: '0\n' });

  const { record, failed } = await challenge(machine, 'cd'.repeat(32));
  expect(failed).toEqual([]);
  expect(record.statement.predicate.cells).toEqual([
    { name: 'containerd', state: 'running' },
    { name: 'shell', state: 'running' },
  ]);
  expect(await machine.run('busybox ls -A /nexus 2>&1')).toMatchObject({ status: 1 });
  machine.send('@nexus poweroff');
  await machine.waitFor('@nexus off');
  expect(await machine.exited).toBe(0);
});

test('a block that went bad is not read as good, and the node says itself that it is no longer the image', async () => {
  const root = Buffer.from(await built.factory.store.get(built.image.manifest.root.part));
  const at = Math.floor(built.image.manifest.root.dataBlocks / 2) * 4096 + 100;
  root[at] = (root[at] ?? 0) ^ 1;
  const machine = await boot({ config, root });
  await machine.waitFor('nexus: is up');
  const read = await machine.run(
    'for file in /usr/bin/* /usr/sbin/* /usr/lib/*/*; do busybox cat $file > /dev/null || break; done 2>&1',
  );
  expect(read.output).toContain('Input/output error');
  expect((await challenge(machine, 'ef'.repeat(32))).failed).toEqual(['image']);
});

test('another command line than the image was made for is another image', async () => {
  const machine = await boot({ config, commandLine: `${built.image.manifest.commandLine} nosmp` });
  expect((await challenge(machine, '12'.repeat(32))).failed).toEqual(['image']);
});

test('a disk with another root is not taken', async () => {
  const root = Buffer.from(await built.factory.store.get(built.image.manifest.root.part));
  const at = built.image.manifest.root.dataBlocks * 4096;
  root[at] = (root[at] ?? 0) ^ 1;
  const machine = await boot({ config, root });
  expect(await machine.waitFor('@nexus panic')).toBe(
    '@nexus panic verity: no disk has the root of this image',
  );
  expect(await machine.exited).toBe(0);
});
