/** `terraform import` of each resource: a lost state is put together again, and the next plan changes nothing. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { attachSwarm, endSwarm } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
beforeAll(async () => {
  terraform = await attachSwarm();
  await terraform.apply();
}, 120_000);
afterAll(async () => {
  await endSwarm(terraform);
}, 60_000);

const file = (name: string): string => join(terraform.folder, name);
const importOne = (address: string, id: string) =>
  terraform.run(['import', '-no-color', '-input=false', address, id]);

test('each resource is imported by its id, and nothing differs after', async () => {
  const before = await terraform.state();
  const text = (address: string, name: string): string => String(before[address]?.values[name]);
  renameSync(file('terraform.tfstate'), file('lost.tfstate'));
  const ids = {
    'nexus_cell.hello': `${text('nexus_cell.hello', 'variant_cid')},${text('nexus_cell.hello', 'source')}`,
    'nexus_image.n': text('nexus_image.n', 'image_cid'),
    'nexus_mesh.alpha': 'alpha',
    'nexus_release.r': text('nexus_release.r', 'cid'),
    'nexus_deployment.n-0': 'n-0',
    'nexus_deployment.n-1': 'n-1',
  };
  for (const [address, id] of Object.entries(ids)) {
    const { code, output } = await importOne(address, id);
    expect([address, code, code === 0 ? '' : output]).toEqual([address, 0, '']);
  }
  expect(await terraform.planActions()).toEqual({});
  const after = await terraform.state();
  for (const [address, { values }] of Object.entries(before))
    expect([address, after[address]?.values]).toEqual([address, values]);
}, 90_000);

test.each([
  ['nexus_cell.hello', 'hello', 'expected the Variant-CID of a cell, a comma and its source folder'],
  ['nexus_image.n', 'n', 'expected the CID of an image'],
  ['nexus_mesh.alpha', 'beta', 'no release in the ledger has it'],
  ['nexus_release.r', 'swarm', 'expected the CID of a release'],
  ['nexus_deployment.n-0', 'n-7', 'it is not deployed in'],
])(
  'an import of %s by the wrong id %s says what it wants',
  async (address, id, words) => {
    await terraform.run(['state', 'rm', address]);
    const { code, output } = await importOne(address, id);
    expect(code).toBe(1);
    expect(output.replace(/[\s│╵╷]+/g, ' ')).toContain(words);
  },
  30_000,
);
