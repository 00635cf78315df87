/** Drift that no node tells of by itself: an edited slot, a ledger that lost records. And what is no drift. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cidOfRaw } from '../../model';
import { openClient } from '../../providers/nexus';
import { attachSwarm, endSwarm, newEnvironment, pidOf, writeSwarm } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
const flat = (text: string): string => text.replace(/[\s│╵╷]+/g, ' ');
const stateFile = (name: string): string => join(terraform.folder, '.nexus', name);

async function planText(): Promise<string> {
  return flat((await terraform.run(['plan', '-no-color', '-input=false'])).output);
}

beforeAll(async () => {
  terraform = await attachSwarm({ nodes: ['n-0'] });
  await terraform.apply();
}, 120_000);
afterAll(async () => {
  await endSwarm(terraform);
}, 60_000);

test('an edited slot is named in the plan and written again, while the node goes on running', async () => {
  const { 'nexus_deployment.n-0': before } = await terraform.state();
  const slot = stateFile(`nodes/n-0/slot-${before?.values.slot}.img`);
  const bytes = readFileSync(slot);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  const pid = pidOf(terraform, 'n-0');
  writeFileSync(slot, bytes);
  const text = await planText();
  expect(text).toContain('Node "n-0" is not as deployed: wrong-slot');
  expect(text).toContain('status = "wrong-slot" -> "running"');
  await terraform.apply();
  expect(cidOfRaw(readFileSync(slot))).toBe(before?.values.image_cid);
  expect(pidOf(terraform, 'n-0')).toBe(pid);
  rmSync(slot);
  expect(await terraform.planActions()).toEqual({ 'nexus_deployment.n-0': 'update' });
  await terraform.apply();
  expect(await terraform.planActions()).toEqual({});
}, 60_000);

test('a record that cannot be read is the drift of its node alone, and the apply says how to mend it', async () => {
  const file = stateFile('nodes/n-0/node.json');
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length / 2));
  const text = await planText();
  expect(text).toContain('Node "n-0" is not as deployed: unreadable');
  expect(text).toContain('Remove this file and deploy again');
  expect(text).toContain('0 to add, 1 to change, 0 to destroy');
  const { code, output } = await terraform.run(['apply', '-auto-approve', '-no-color', '-input=false']);
  expect(code).toBe(1);
  expect(flat(output)).toContain('Cannot read the record of a node');
  writeFileSync(file, whole);
  expect(await terraform.planActions()).toEqual({});
}, 60_000);

test('records that the ledger lost are named in the plan and appended again', async () => {
  const before = await terraform.state();
  renameSync(stateFile('ledger'), stateFile('ledger-lost'));
  const text = await planText();
  for (const what of ['cell "hello"', 'image "n"', 'release "swarm"', 'the boot of node "n-0"'])
    expect(text).toContain(`The ledger has no record of ${what} any more`);
  expect(text).toContain('the next apply records it again');
  const pid = pidOf(terraform, 'n-0');
  await terraform.apply();
  expect(pidOf(terraform, 'n-0')).toBe(pid);
  expect(await terraform.planActions()).toEqual({});
  const after = await terraform.state();
  for (const address of ['nexus_cell.hello', 'nexus_image.n', 'nexus_release.r'])
    expect(after[address]?.values).toEqual(before[address]?.values);
  const { boot_cid: boot, deployment_cid: deployed } = after['nexus_deployment.n-0']?.values ?? {};
  const ledger = await (await openClient(stateFile(''), newEnvironment())).ledger();
  const cids: unknown[] = [];
  for await (const { cid } of ledger.entries()) cids.push(cid);
  expect(cids).toEqual(expect.arrayContaining([boot, deployed]));
  expect(new Set(cids).size).toBe(cids.length);
}, 60_000);

test('a record whose proof fails stops the plan, which names the file of the ledger', async () => {
  const tile = stateFile('ledger/tile/entries');
  renameSync(tile, `${tile}-lost`);
  const text = await planText();
  renameSync(`${tile}-lost`, tile);
  expect(text).toContain('Error:');
  expect(text).toContain('tile/entries');
  expect(await terraform.planActions()).toEqual({});
}, 30_000);

test('what means the same is no drift: order of sets, layout and comments of KDL', async () => {
  writeSwarm(terraform, {
    nodes: ['n-0'],
    pledges: ['mesh', 'stdio', 'clock'],
    system: `// by hand
system "n" version=1 {
  cell "hello" { source "cells/hello"; stack-bytes 4096; pledge "mesh" "clock" "stdio"; }
  profile "tinybox"
}`,
  });
  const mesh = readFileSync(join(terraform.folder, 'mesh-alpha.kdl'), 'utf8');
  const lines = mesh.trim().split('\n');
  const shuffled = [lines[0], lines[3], '    /* a note */', lines[2], lines[1], lines[4]].join('\n');
  terraform.write({ 'mesh-alpha.kdl': shuffled });
  expect(await terraform.planActions()).toEqual({});
  terraform.write({ 'mesh-alpha.kdl': mesh.replace('hello-interval-ms 200', 'hello-interval-ms 250') });
  expect(Object.keys(await terraform.planActions())).toEqual(
    expect.arrayContaining(['nexus_mesh.alpha', 'nexus_release.r', 'nexus_deployment.n-0']),
  );
}, 30_000);
