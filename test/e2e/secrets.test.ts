/**
 * No secret is ever seen outside of the state folder: not in state or plan, not in what Terraform and the provider log
 * at the highest level, not in the arguments of any process, and not after failures either.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { allProcesses, installSwarm, processesOf } from '../support/installed-swarm';
import { secretsOf, writeSwarm } from '../support/swarm-project';
import { finished, type Terraform } from '../support/terraform';

let terraform: Terraform;
/** All that was said, by where it was said. */
const said = new Map<string, string>();
const commands = new Set<string>();
let watching = true;
let watch: Promise<void>;

const trace = { TF_LOG: 'TRACE' };
const quiet = ['-no-color', '-input=false'];

async function watchCommands(): Promise<void> {
  while (watching) {
    for (const { command } of allProcesses()) commands.add(command);
    await sleep(10);
  }
}

function write(greeting: string, code = ''): void {
  writeSwarm(terraform, { source: 'cells/hello', greeting, code });
}

async function run(name: string, verb: string, ...args: readonly string[]): Promise<number | null> {
  const { code, output } = await terraform.run([verb, ...quiet, ...args], trace);
  said.set(name, output);
  return code;
}

beforeAll(async () => {
  terraform = await installSwarm((project) => {
    writeSwarm(project, { source: 'cells/hello' });
  });
  watch = watchCommands();
}, 30_000);
afterAll(async () => {
  watching = false;
  await terraform.destroy().catch(() => undefined);
  await terraform.end();
}, 60_000);

test('nothing secret is said by success, failure, a killed machine and a killed provider', async () => {
  expect(await run('a first apply', 'apply', '-auto-approve')).toBe(0);
  expect(await run('a plan', 'plan', '-out=plan.bin')).toBe(0);
  said.set('the plan as JSON', (await terraform.succeed(['show', '-json', 'plan.bin'], trace)).output);
  write('two', 'static const volatile char big[40000] = {1}; (void)big[nexus_peers()];');
  expect(await run('an apply over the budget', 'apply', '-auto-approve')).toBe(1);
  write('three');
  await killed('an apply whose machine was killed', 'machine');
  write('four');
  await killed('an apply whose provider was killed', 'provider');
  expect(await run('an apply that puts it right', 'apply', '-auto-approve')).toBe(0);
  said.set('the state', readFileSync(join(terraform.folder, 'terraform.tfstate'), 'utf8'));
  said.set('the log of the daemon', readFileSync(join(terraform.folder, '.nexus/hostd.log'), 'utf8'));
  said.set('a console', readFileSync(join(terraform.folder, '.nexus/nodes/n-0/console.log'), 'utf8'));
  const secrets = secretsOf(terraform, ['n-0', 'n-1']);
  expect(await run('a destroy', 'destroy', '-auto-approve')).toBe(0);
  watching = false;
  await watch;
  said.set('the arguments of processes', [...commands].join('\n'));
  expectSilence(secrets);
}, 180_000);

/** The positive control: the texts are those in which a secret would show. */
function expectSilence(secrets: readonly string[]): void {
  expect(secrets.filter((secret) => secret.length <= 20)).toEqual([]);
  expect(said.get('a first apply')).toContain('[TRACE]');
  expect(said.get('a first apply')).toMatch(/provider\.terraform-provider-nexus/);
  expect(said.get('the arguments of processes')).toMatch(/qemu-system[^\n]*config\.bin/);
  expect(said.get('the arguments of processes')).toContain('hostd');
  for (const [where, text] of said)
    expect([where, secrets.filter((secret) => text.includes(secret))]).toEqual([where, []]);
}

async function killed(name: string, role: 'machine' | 'provider'): Promise<void> {
  const child = terraform.start(['apply', '-auto-approve', ...quiet], trace);
  let isModifying = false;
  child.stdout?.on('data', (text: string) => {
    isModifying ||= text.includes('nexus_deployment.n-0: Modifying...');
  });
  const ended = finished(child);
  while (!isModifying && child.exitCode === null) await sleep(5);
  for (const { pid } of processesOf(terraform, role)) process.kill(pid, 'SIGKILL');
  said.set(name, (await ended).output);
}

test('what holds secrets can be read by its owner only', async () => {
  write('five');
  await terraform.apply();
  const folder = join(terraform.folder, '.nexus');
  const open = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((file) => /\.key$|config\.bin$/.test(file) && (statSync(file).mode & 0o077) !== 0);
  expect(open).toEqual([]);
  expect(statSync(folder).mode & 0o077).toBe(0);
}, 60_000);
