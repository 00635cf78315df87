/**
 * What a plan says of builds: the real CIDs of whatever was built before, and every change that the configuration does
 * not show. No machine is started.
 */
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../providers/nexus';
import { attachSwarm, newEnvironment, writeSwarm } from '../support/swarm-project';
import type { ResourceChange, Terraform } from '../support/terraform';

let terraform: Terraform;
let compiler: string;
let kernelFolder: string;
const target = '-target=nexus_image.n';

/** The machine's tools under a version that a test can change, and the kernel where it can be edited. */
async function attach(): Promise<Terraform> {
  const real = newEnvironment();
  kernelFolder = mkdtempSync(join(tmpdir(), 'nexus-plan-kernel-'));
  cpSync(real.kernelFolder, kernelFolder, { recursive: true });
  const describe = async (signal?: AbortSignal): Promise<string> =>
    `${await real.tools.describe(signal)}${compiler}`;
  const environment: Environment = { ...real, kernelFolder, tools: { ...real.tools, describe } };
  return attachSwarm({}, environment);
}

beforeEach(async () => {
  compiler = '';
  terraform = await attach();
}, 60_000);
afterEach(async () => {
  await terraform.end();
  rmSync(kernelFolder, { recursive: true, force: true });
});

async function changeOf(address: string): Promise<ResourceChange['change']> {
  const { resource_changes: changes = [] } = await terraform.plan(target);
  const found = changes.find((change) => change.address === address);
  if (found === undefined) throw new Error(`no ${address} in the plan`);
  return found.change;
}

test('what was built before stands in the plan with its CIDs, before anything is created', async () => {
  const unbuilt = await changeOf('nexus_cell.hello');
  expect(unbuilt.after?.source_digest).toMatch(/^[0-9a-f]{64}$/);
  expect(unbuilt.after_unknown).toMatchObject({ variant_cid: true, size_bytes: true });
  await terraform.apply(target);
  const { 'nexus_cell.hello': cell, 'nexus_image.n': image } = await terraform.state();
  rmSync(join(terraform.folder, 'terraform.tfstate'));
  const planned = { cell: await changeOf('nexus_cell.hello'), image: await changeOf('nexus_image.n') };
  expect(planned.cell.actions).toEqual(['create']);
  expect(planned.cell.after?.variant_cid).toBe(cell?.values.variant_cid);
  expect(planned.image.after?.image_cid).toBe(image?.values.image_cid);
  expect(planned.image.after?.kernel_digest).toBe(image?.values.kernel_digest);
}, 60_000);

test('a changed source shows with its digest, and changed back with the old CID', async () => {
  await terraform.apply(target);
  const { 'nexus_cell.hello': first } = await terraform.state();
  writeSwarm(terraform, { greeting: 'two' });
  const changed = await changeOf('nexus_cell.hello');
  expect(changed.actions).toEqual(['update']);
  expect(changed.after?.source_digest).not.toBe(first?.values.source_digest);
  expect(changed.after?.source_digest).toMatch(/^[0-9a-f]{64}$/);
  expect(changed.after_unknown.variant_cid).toBe(true);
  await terraform.apply(target);
  writeSwarm(terraform, { greeting: 'one' });
  const back = await changeOf('nexus_cell.hello');
  expect(back.after?.variant_cid).toBe(first?.values.variant_cid);
  expect(await changeOf('nexus_image.n')).toMatchObject({ actions: ['update'] });
}, 60_000);

test('a changed kernel shows in the image, with its digest, although no attribute changed', async () => {
  await terraform.apply(target);
  const { 'nexus_image.n': before } = await terraform.state();
  appendFileSync(join(kernelFolder, 'main.c'), '\n// changed\n');
  const change = await changeOf('nexus_image.n');
  expect(change.actions).toEqual(['update']);
  expect(change.after?.kernel_digest).toMatch(/^[0-9a-f]{64}$/);
  expect(change.after?.kernel_digest).not.toBe(before?.values.kernel_digest);
  await terraform.apply(target);
  expect(await terraform.planActions(target)).toEqual({});
}, 60_000);

test('another compiler shows in cell and image, with the sources as they were', async () => {
  await terraform.apply(target);
  const { 'nexus_cell.hello': before } = await terraform.state();
  compiler = ' patched';
  const cell = await changeOf('nexus_cell.hello');
  expect(cell.actions).toEqual(['update']);
  expect(cell.after?.source_digest).toBe(before?.values.source_digest);
  expect(cell.after_unknown.variant_cid).toBe(true);
  expect((await changeOf('nexus_image.n')).actions).toEqual(['update']);
  await terraform.apply(target);
  expect(await terraform.planActions(target)).toEqual({});
}, 60_000);
