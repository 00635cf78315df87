/** The provider's data sources over a swarm that runs. */
import { attachSwarm, endSwarm, pidOf } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';

let terraform: Terraform;
const sources = `
data "nexus_release" "newest" {
  name       = "swarm"
  depends_on = [nexus_deployment.n-0]
}
data "nexus_release" "by_cid" {
  cid = data.nexus_release.newest.cid
}
data "nexus_ledger_entry" "boot" {
  cid = nexus_deployment.n-0.boot_cid
}
data "nexus_attestation" "n-0" {
  node = nexus_deployment.n-0.node
}
output "found" {
  value = {
    release     = data.nexus_release.by_cid
    entry       = data.nexus_ledger_entry.boot
    attestation = data.nexus_attestation.n-0
    verified = provider::nexus::verify_proof(
      data.nexus_ledger_entry.boot.envelope,
      nexus_deployment.n-0.public_key,
      data.nexus_ledger_entry.boot.proof,
      data.nexus_ledger_entry.boot.log_key,
    )
  }
}
`;

interface Found {
  readonly release: Readonly<Record<string, unknown>>;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly attestation: Readonly<Record<string, unknown>> & {
    readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
  };
  readonly verified: Readonly<Record<string, unknown>>;
}

beforeAll(async () => {
  terraform = await attachSwarm({ nodes: ['n-0'] });
  terraform.write({ 'sources.tf': sources });
  await terraform.apply();
}, 120_000);
afterAll(async () => {
  await endSwarm(terraform);
}, 60_000);

test('release, entry and attestation are those of the node that runs, and the proof holds', async () => {
  const state = await terraform.state();
  const deployed = state['nexus_deployment.n-0']?.values ?? {};
  const released = state['nexus_release.r']?.values ?? {};
  const { release, entry, attestation, verified } = (await terraform.outputs()).found as Found;
  const { cid, name, systems, images, meshes, placement } = released;
  expect(release).toEqual({ cid, name, systems, images, meshes, placement });
  expect(entry).toMatchObject({ cid: deployed.boot_cid, kind: 'boot', signer: 'node n-0' });
  expect(entry.signer_key).toBe(deployed.public_key);
  expect(verified).toMatchObject({ cid: deployed.boot_cid, kind: 'boot', statement: entry.statement });
  expect(attestation).toMatchObject({
    ok: true,
    status: 'running',
    image_cid: deployed.image_cid,
    release: deployed.release,
    config_digest: deployed.config_digest,
    epoch: deployed.epoch,
    public_key: deployed.public_key,
    cells: { hello: 'running' },
  });
  expect(attestation.checks.map((check) => check.name)).toContain('signature');
  expect(attestation.checks.every((check) => check.ok)).toBe(true);
  expect(await terraform.planActions()).toEqual({});
}, 60_000);

test('a release that no one signed is an error at its attribute', async () => {
  terraform.write({ 'wrong.tf': 'data "nexus_release" "x" {\n  name = "other"\n}\n' });
  const { output } = await terraform.run(['plan', '-no-color', '-input=false']);
  terraform.write({ 'wrong.tf': 'data "nexus_release" "x" {\n}\n' });
  const { output: neither } = await terraform.run(['plan', '-no-color', '-input=false']);
  terraform.write({ 'wrong.tf': '' });
  expect(output).toContain('Cannot find release "other"');
  expect(neither).toContain('expected "cid" or "name"');
}, 30_000);

test('a dead node is attested to be dead, which is no error', async () => {
  terraform.write({
    'alone.tf':
      'data "nexus_attestation" "dead" {\n  node = "n-0"\n}\noutput "dead" {\n  value = data.nexus_attestation.dead\n}\n',
  });
  process.kill(pidOf(terraform, 'n-0'), 'SIGKILL');
  await terraform.apply('-target=data.nexus_attestation.dead', '-target=output.dead', '-refresh-only');
  expect((await terraform.outputs()).dead).toMatchObject({
    ok: false,
    status: 'dead',
    checks: [],
    epoch: null,
  });
}, 60_000);
