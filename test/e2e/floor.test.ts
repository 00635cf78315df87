/** A release below the floor, and the real Terraform: refused in the plan, whatever the configuration says. */
import { join } from 'node:path';
import { openClient } from '../../providers/nexus';
import { attachSwarm, endSwarm, newEnvironment, pidOf, writeSwarm } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
const flat = (text: string): string => text.replace(/[\s│╵╷]+/g, ' ');

beforeAll(async () => {
  terraform = await attachSwarm({ nodes: ['n-0'], heartbeatIntervalMs: 1000 });
  await terraform.apply();
}, 120_000);
afterAll(async () => {
  await endSwarm(terraform);
}, 60_000);

const releaseCid = async (): Promise<string> =>
  String((await terraform.state())['nexus_release.r']?.values.cid);

test('what is below the floor is not planned; the node goes on with what it runs', async () => {
  const old = await releaseCid();
  writeSwarm(terraform, { nodes: ['n-0'], heartbeatIntervalMs: 3000 });
  await terraform.apply();
  const current = await releaseCid();
  expect(current).not.toBe(old);
  const client = await openClient(join(terraform.folder, '.nexus'), newEnvironment());
  await client.record('floor', { release: current, reason: 'hole in n', at: '2026-01-31T12:00:00.000Z' });
  expect(await terraform.planActions()).toEqual({});

  const pid = pidOf(terraform, 'n-0');
  writeSwarm(terraform, { nodes: ['n-0'], heartbeatIntervalMs: 1000 });
  for (const words of [['plan'], ['apply', '-auto-approve']]) {
    const { output } = await terraform.run([...words, '-no-color', '-input=false']);
    expect(flat(output)).toContain(`Cannot deploy release "${old}": it is older than release "${current}"`);
    expect(flat(output)).toContain('("hole in n")');
  }
  expect(pidOf(terraform, 'n-0')).toBe(pid);

  writeSwarm(terraform, { nodes: ['n-0'], heartbeatIntervalMs: 2000 });
  await terraform.apply();
  expect(await terraform.planActions()).toEqual({});
}, 120_000);
