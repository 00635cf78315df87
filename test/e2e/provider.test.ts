/**
 * The provider under the real Terraform, with real machines: plans, drift, rollback, bad input, interruption. Each
 * node is a QEMU; the host daemon is the built provider.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOfCid, parseCid } from '../../model';
import { openClient } from '../../providers/nexus';
import { auditLedger } from '../../providers/provchain';
import { attachSwarm, newEnvironment, pidOf, secretsOf, writeSwarm } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
const flat = (text: string): string => text.replace(/[\s│╵╷]+/g, ' ');
const stateDir = (): string => join(terraform.folder, '.nexus');
const statusOf = async (node: string): Promise<unknown> =>
  (await terraform.state())[`nexus_deployment.${node}`]?.values.status;

/** What a plan says in words. @returns its text with white space folded */
async function planText(...args: readonly string[]): Promise<string> {
  const { output } = await terraform.run(['plan', '-no-color', '-input=false', ...args]);
  return flat(output);
}

/** With one bit changed, near the end: in a checkpoint that is in its signature. */
function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length - 20) ^ 1, changed.length - 20);
  return changed;
}

/** The widest partial file below `000.p`, which is the newest: a reader reads no older tile or bundle. */
function newestFileBelow(folder: string): string {
  const widths = readdirSync(join(folder, '000.p')).map(Number);
  return join(folder, '000.p', String(Math.max(...widths)));
}

async function applyFails(environmentOfRun: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, output } = await terraform.run(
    ['apply', '-auto-approve', '-no-color', '-input=false'],
    environmentOfRun,
  );
  expect(code).toBe(1);
  return flat(output);
}

afterEach(async () => {
  await terraform.run(['destroy', '-auto-approve', '-no-color', '-input=false']);
  const left = existsSync(stateDir())
    ? readdirSync(stateDir(), { recursive: true })
        .map(String)
        .filter((name) => /^nodes|\.sock$|\.pid$/.test(name))
    : [];
  await terraform.end();
  expect(left).toEqual([]);
});

describe('a swarm of two', () => {
  beforeEach(async () => {
    terraform = await attachSwarm();
    await terraform.apply();
  }, 120_000);

  test('a second plan changes nothing, and neither state nor plan nor output holds a secret', async () => {
    expect(await terraform.planActions()).toEqual({});
    const shown = await terraform.succeed(['show', '-json', 'plan.bin']);
    const state = readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8');
    const log = readFileSync(join(stateDir(), 'hostd.log'), 'utf8');
    const consoles = readFileSync(join(stateDir(), 'nodes/n-0/console.log'), 'utf8');
    const commands = readFileSync(`/proc/${pidOf(terraform, 'n-0')}/cmdline`, 'utf8');
    const secrets = secretsOf(terraform, ['n-0', 'n-1']);
    expect(secrets.every((secret) => secret.length > 20)).toBe(true);
    for (const text of [shown.stdout, state, log, consoles, commands]) {
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  }, 60_000);

  test('a killed node is found by the next plan, and the next apply brings it back', async () => {
    process.kill(pidOf(terraform, 'n-1'), 'SIGKILL');
    const text = await planText();
    expect(text).toContain('Node "n-1" is not as deployed: dead');
    expect(text).toContain('status = "dead" -> "running"');
    expect(text).toContain('0 to add, 1 to change, 0 to destroy');
    await terraform.apply();
    expect(await statusOf('n-1')).toBe('running');
    expect(await terraform.planActions()).toEqual({});
  }, 60_000);

  test('a changed cell gives a new image and release; the old release comes back by its CID', async () => {
    const { release: first } = await terraform.outputs();
    const { 'nexus_image.n': image } = await terraform.state();
    writeSwarm(terraform, { greeting: 'two' });
    await terraform.apply();
    const { release: second } = await terraform.outputs();
    expect(second).not.toBe(first);
    const rollback = ['-var', `release=${first}`];
    const plan = await terraform.plan(...rollback);
    const changes = (plan.resource_changes ?? []).filter(({ change }) => change.actions.includes('update'));
    expect(changes.map(({ address }) => address)).toEqual(['nexus_deployment.n-0', 'nexus_deployment.n-1']);
    expect(changes[0]?.change.after?.image_cid).toBe(image?.values.image_cid);
    await terraform.apply(...rollback);
    expect(await terraform.planActions(...rollback)).toEqual({});
    const after = await terraform.state();
    expect(after['nexus_deployment.n-1']?.values.image_cid).toBe(image?.values.image_cid);
  }, 90_000);

  test('a node that somebody set to another release is found and set right', async () => {
    writeSwarm(terraform, { greeting: 'two' });
    await terraform.apply('-target=nexus_deployment.n-0');
    const state = readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8');
    writeSwarm(terraform, { greeting: 'three' });
    await terraform.apply('-target=nexus_deployment.n-0');
    // Terraform believes in "two", the node runs "three".
    writeFileSync(join(terraform.folder, 'terraform.tfstate'), state);
    writeSwarm(terraform, { greeting: 'two' });
    const text = await planText();
    expect(text).toContain('Node "n-0" is not as deployed: wrong-image');
    await terraform.apply();
    expect(await statusOf('n-0')).toBe('running');
    expect(await terraform.planActions()).toEqual({});
  }, 120_000);

  test('a node with another configuration is found and set right', async () => {
    const state = readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8');
    writeSwarm(terraform, { heartbeatIntervalMs: 3000 });
    await terraform.apply('-target=nexus_deployment.n-0');
    writeFileSync(join(terraform.folder, 'terraform.tfstate'), state);
    writeSwarm(terraform);
    expect(await planText()).toContain('Node "n-0" is not as deployed: wrong-config');
    await terraform.apply();
    expect(await terraform.planActions()).toEqual({});
  }, 90_000);

  test('a node whose key was changed on the host is found and enrolled anew', async () => {
    writeFileSync(join(stateDir(), 'nodes/n-0/node.key'), `${'5a'.repeat(32)}\n`);
    expect(await planText()).toContain('Node "n-0" is not as deployed: wrong-key');
    await terraform.apply();
    expect(await statusOf('n-0')).toBe('running');
    expect(await terraform.planActions()).toEqual({});
  }, 90_000);

  test("one flipped bit in the ledger's hashes or entries stops the next plan, which names the file", async () => {
    // Until the first plan has flushed the ledger, the commits hold all that the apply added, and heal what differs.
    expect(await terraform.planActions()).toEqual({});
    for (const folder of ['tile/0', 'tile/entries']) {
      const file = newestFileBelow(join(stateDir(), 'ledger', folder));
      const good = readFileSync(file);
      writeFileSync(file, flipped(good));
      const text = await planText();
      writeFileSync(file, good);
      expect(text).toContain('Cannot trust the ledger\'s "tile');
    }
    expect(await terraform.planActions()).toEqual({});
  }, 90_000);

  test('a spoiled checkpoint is signed anew from the last commit, as after a power cut; the audit names it before', async () => {
    const file = join(stateDir(), 'ledger/checkpoint');
    const good = readFileSync(file);
    writeFileSync(file, flipped(good));
    const verifierKey = readFileSync(join(stateDir(), 'keys/log.pub'), 'utf8');
    const { findings } = await auditLedger(join(stateDir(), 'ledger'), verifierKey);
    expect(findings.map((finding) => finding.file)).toEqual(['checkpoint']);
    expect(await terraform.planActions()).toEqual({});
    expect(readFileSync(file)).toEqual(good);
  }, 60_000);

  test('an image that does not boot is given up for the old one, and the apply fails', async () => {
    const { 'nexus_deployment.n-0': before } = await terraform.state();
    const broken = await releaseOfBrokenImage(String(before?.values.release));
    const { code, output } = await terraform.run([
      'apply',
      '-auto-approve',
      '-no-color',
      '-input=false',
      '-var',
      `release=${broken}`,
      '-target=nexus_deployment.n-0',
    ]);
    expect(code).toBe(1);
    expect(flat(output)).toContain('is back and has proved it');
    expect(await terraform.planActions()).toEqual({});
    expect(await statusOf('n-0')).toBe('running');
    const { ledger } = await openClient(stateDir(), newEnvironment());
    const outcomes: string[] = [];
    for await (const { statement } of (await ledger()).entries()) {
      if (statement.predicateType.includes('/deployment/'))
        outcomes.push((statement.predicate as { outcome: string }).outcome);
    }
    expect(outcomes).toContain('failed');
  }, 120_000);

  /** A release like the one given, but with an image whose kernel loops at its first instruction. */
  async function releaseOfBrokenImage(release: string): Promise<string> {
    const client = await openClient(stateDir(), newEnvironment());
    const found = await (await client.ledger()).find(parseCid(release));
    if (found === undefined || !('images' in found.statement.predicate)) throw new Error('no release');
    const { predicate } = found.statement;
    const image = predicate.images.n?.image;
    if (image === undefined) throw new Error('no image');
    const bytes = Buffer.from(await client.factory.store.get(image));
    bytes.writeUInt32LE(0x0000006f, 0);
    expect(digestOfCid(image)).not.toEqual(bytes);
    const cid = await client.factory.store.put('raw', bytes);
    return client.record('release', { ...predicate, images: { n: { image: cid } } });
  }
});

describe('bad input is one clear error, with its hint, and nothing half-done', () => {
  test('an image over its budget names its largest parts', async () => {
    terraform = await attachSwarm({
      code: 'static const volatile char big[40000] = {1}; (void)big[nexus_peers()];',
    });
    const text = await applyFails();
    expect(text).toMatch(/Cannot build image "n": \d+ bytes, expected at most 32768 for profile "tinybox"/);
    expect(text).toMatch(/bytes \d+% cell hello/);
    expect(existsSync(join(stateDir(), 'nodes/n-0/node.json'))).toBe(false);
  }, 60_000);

  test('an unknown pledge is refused at its place, with what is known', async () => {
    terraform = await attachSwarm({ pledges: ['stdio', 'net'] });
    const text = await planText();
    expect(text).toContain('"net"');
    expect(text).toContain('stdio, clock, mesh');
  }, 30_000);

  test('wrong KDL is refused with line and column', async () => {
    terraform = await attachSwarm({ system: 'system "n" version=1 {\n    profile "hugebox"\n}\n' });
    const text = await planText();
    expect(text).toMatch(/system:2:\d+/);
    expect(text).toContain('"hugebox"');
  }, 30_000);

  test.each([
    ['a compiler', [], 'apt-get install clang-19 lld-19'],
    ['QEMU', ['clang-19', 'ld.lld-19'], 'apt-get install qemu-system-misc'],
  ])(
    'without %s it says what to install',
    async (_, tools, hint) => {
      terraform = await attachSwarm();
      const folder = join(terraform.folder, 'path');
      mkdirSync(folder);
      for (const tool of tools) symlinkSync(join('/usr/bin', tool), join(folder, tool));
      const path = process.env.PATH;
      const run = terraform.run(['apply', '-auto-approve', '-no-color', '-input=false']);
      // Terraform is started; the provider, in this process, finds its tools from now on.
      process.env.PATH = folder;
      const { code, output } = await run.finally(() => {
        process.env.PATH = path;
      });
      expect(code).toBe(1);
      expect(flat(output)).toContain(hint);
      expect(existsSync(join(stateDir(), 'nodes/n-0/node.json'))).toBe(false);
    },
    60_000,
  );

  test('a socket that another program has is refused, and the other program keeps it', async () => {
    terraform = await attachSwarm();
    await terraform.apply('-target=nexus_mesh.alpha');
    const server = createServer().listen(join(stateDir(), 'nodes/n-0/net.sock'));
    await sleep(50);
    const text = await applyFails();
    expect(text).toContain('net.sock');
    expect(server.listening).toBe(true);
    await new Promise((resolve) => server.close(resolve));
    await terraform.apply();
  }, 90_000);
});

describe('interrupted', () => {
  test.each([200, 600, 1000, 1500, 2200])(
    'Terraform killed %d ms into the apply: the next one converges, with one machine a node',
    async (delayMs) => {
      terraform = await attachSwarm();
      const child = terraform.start(['apply', '-auto-approve', '-no-color', '-lock=false']);
      await sleep(delayMs);
      child.kill('SIGKILL');
      await sleep(300);
      await terraform.apply('-lock=false');
      expect(await statusOf('n-0')).toBe('running');
      expect(await terraform.planActions('-lock=false')).toEqual({});
      expect(machinesOf(terraform.folder)).toHaveLength(2);
    },
    90_000,
  );
});

/** Machines whose working folder is below this one. */
function machinesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const isMachine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('qemu-system');
      return isMachine && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
}
