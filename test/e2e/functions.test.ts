/** The provider's functions, called by the real Terraform; they need neither configuration nor state folder. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellId, cidOfRaw, createStatement } from '../../model';
import { openClient } from '../../providers/nexus';
import { formatEnvelope, formatTlogProof } from '../../providers/provchain';
import { attachProvider, newEnvironment } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
beforeAll(async () => {
  terraform = await attachProvider();
});
afterAll(() => terraform.end());

const header = `
terraform {
  required_providers {
    nexus = { source = "factory.nexus.internal/nexus/nexus" }
  }
}
`;

/** Applies outputs of these expressions. */
async function evaluate(outputs: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const blocks = Object.entries(outputs).map(
    ([name, value]) => `output "${name}" {\n  value = ${value}\n}\n`,
  );
  terraform.write({ 'main.tf': header + blocks.join('') });
  await terraform.apply();
  return terraform.outputs();
}

async function refused(expression: string): Promise<string> {
  terraform.write({ 'main.tf': `${header}output "wrong" {\n  value = ${expression}\n}\n` });
  const { code, output } = await terraform.run(['plan', '-no-color', '-input=false']);
  expect(code).toBe(1);
  return output.replace(/[\s│╵╷]+/g, ' ');
}

test('cid and cid_base64 name bytes as store and ledger do', async () => {
  const bytes = readFileSync(__filename);
  terraform.write({ 'some.bin': bytes.toString() });
  const found = await evaluate({
    text: 'provider::nexus::cid("grüße")',
    file: 'provider::nexus::cid_base64(filebase64("some.bin"))',
  });
  expect(found).toEqual({ text: cidOfRaw(Buffer.from('grüße')), file: cidOfRaw(bytes) });
  expect(await refused('provider::nexus::cid_base64("a b")')).toContain('expected base64 with padding');
}, 30_000);

test('cell_id is what the mesh gives, stays sensitive, and no error tells the key', async () => {
  const [publicKey, meshKey] = ['ab'.repeat(32), '0f'.repeat(16)];
  const key = `sensitive("${meshKey}")`;
  const found = await evaluate({ id: `nonsensitive(provider::nexus::cell_id("${publicKey}", ${key}))` });
  expect(found).toEqual({ id: cellId(Buffer.from(meshKey, 'hex'), Buffer.from(publicKey, 'hex')) });
  expect(await refused(`provider::nexus::cell_id("${publicKey}", ${key})`)).toContain('sensitive');
  terraform.write({ 'wrong.key': '0e'.repeat(15) });
  const wrong = await refused(`provider::nexus::cell_id("${publicKey}", sensitive(file("wrong.key")))`);
  expect(wrong).toContain('expected 32 lower-case hex digits');
  expect(wrong).not.toContain('0e0e0e');
}, 30_000);

test('kdl_decode and kdl_encode are inverse, for every kind of value', async () => {
  terraform.write({
    'a.kdl':
      'mesh "x" version=1 { member "a"; // note\n "odd name" 1 -2.5 #true #null "q\\"\\n" k="v" }\nlast',
  });
  const decoded = 'provider::nexus::kdl_decode(file("a.kdl"))';
  const found = await evaluate({
    decoded,
    again: `provider::nexus::kdl_decode(provider::nexus::kdl_encode(${decoded}))`,
    text: `provider::nexus::kdl_encode(${decoded})`,
    short: 'provider::nexus::kdl_encode([{ name = "a", children = [{ name = "b", arguments = [1.5e30] }] }])',
    empty: 'provider::nexus::kdl_encode([])',
  });
  expect(found.again).toEqual(found.decoded);
  expect(found.decoded).toMatchObject([
    {
      name: 'mesh',
      arguments: ['x'],
      properties: { version: 1 },
      children: [
        { name: 'member' },
        { name: 'odd name', arguments: [1, -2.5, true, null, 'q"\n'], properties: { k: 'v' } },
      ],
    },
    { name: 'last', arguments: [], properties: {}, children: [] },
  ]);
  expect(found.text).toBe(
    'mesh "x" version=1 {\n    member "a"\n    "odd name" 1 -2.5 #true #null "q\\"\\n" k="v"\n}\nlast\n',
  );
  expect(found.short).toBe('a {\n    b 1.5E30\n}\n');
  expect(found.empty).toBe('');
  expect(await refused('provider::nexus::kdl_decode("a {")')).toContain('text:1');
  expect(await refused('provider::nexus::kdl_encode([{ nam = "a" }])')).toContain('"0.nam"');
}, 30_000);

test('verify_proof takes a record with its proof, and nothing that was changed', async () => {
  const client = await openClient(join(terraform.folder, 'ledger-of-test'), newEnvironment());
  const ledger = await client.ledger();
  const cid = await client.record('key', { role: 'node', name: 'n', key: 'ab'.repeat(32) });
  const [entry, proof] = [await ledger.find(cid), await ledger.prove(cid)];
  if (entry === undefined || proof === undefined) throw new Error('no record');
  const other = createStatement('key', { role: 'node', name: 'm', key: 'ab'.repeat(32) });
  terraform.write({
    'record.json': formatEnvelope(entry.envelope),
    'forged.json': formatEnvelope({
      ...entry.envelope,
      payload: Buffer.from(JSON.stringify(other)),
    }),
    'record.proof': formatTlogProof(proof),
    'log.pub': `${ledger.verifierKey}\n`,
  });
  const key = (await client.judge()).authority.deployers().at(-1)?.key ?? '';
  const call = (record: string, signer: string): string =>
    `provider::nexus::verify_proof(file("${record}"), "${signer}", file("record.proof"), file("log.pub"))`;
  const found = await evaluate({
    good: call('record.json', key),
    forged: `can(${call('forged.json', key)})`,
    stranger: `can(${call('record.json', 'ab'.repeat(32))})`,
  });
  expect(found.good).toMatchObject({ cid, kind: 'key', index: 1, log_size: 2 });
  expect([found.forged, found.stranger]).toEqual([false, false]);
  expect(await refused(call('forged.json', key))).toContain('its signature is not of key');
}, 30_000);
