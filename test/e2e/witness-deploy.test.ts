/**
 * Deployments over a log whose witnesses are missing: before anything is touched, and right after the node has started.
 * The witness is a process; in front of it is a door that the test opens and shuts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  formatPolicy,
  formatVerifierKey,
  openLedgerAt,
  openLedgerReader,
  openSigningKey,
  parseCosignerKey,
} from '../../providers/provchain';
import { attachSwarm, endSwarm, newEnvironment, writeSwarm } from '../support/swarm-project';
import type { Terraform } from '../support/terraform';
import { Witnesses } from './_witness';

const home = mkdtempSync(join(tmpdir(), 'witness-deploy-'));
const witnesses = new Witnesses();
/** Whether the door lets a request through. */
let isOpen = (): boolean => true;
let door: Server;
let terraform: Terraform;
let [stateDir, logKey] = ['', ''];

beforeAll(async () => {
  terraform = await attachSwarm({ nodes: ['n-0'] });
  stateDir = join(terraform.folder, '.nexus');
  const { random } = newEnvironment();
  const log = await openSigningKey({ folder: join(stateDir, 'keys'), role: 'log', random });
  logKey = formatVerifierKey(log);
  const witness = await witnesses.start(home, logKey);
  door = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request as AsyncIterable<Uint8Array>) parts.push(part);
    if (!isOpen()) {
      response.destroy();
      return;
    }
    const url = new URL(request.url?.slice(1) ?? '', witness.url);
    const answer = await fetch(url, { method: 'POST', body: Buffer.concat(parts) });
    const contentType = answer.headers.get('content-type') ?? 'text/plain';
    response.writeHead(answer.status, { 'content-type': contentType }).end(await answer.text());
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const north = {
    name: 'north',
    cosigner: parseCosignerKey(witness.verifierKey),
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/`,
  };
  const policy = { logs: [{ verifier: log }], witnesses: [north], groups: [], quorum: 'north' };
  writeFileSync(join(stateDir, 'keys/log.policy'), formatPolicy(policy));
}, 60_000);
afterAll(async () => {
  isOpen = () => true;
  await endSwarm(terraform);
  door.closeAllConnections();
  door.close();
  witnesses.endAll();
  rmSync(home, { recursive: true, force: true });
}, 60_000);

/** What Terraform says in one line, whatever the width of its box. */
async function refused(...options: readonly string[]): Promise<string> {
  const args = ['apply', '-auto-approve', '-no-color', '-input=false', ...options];
  const { code, output } = await terraform.run(args);
  expect(code).toBe(1);
  return output.replace(/[\s│╵╷]+/g, ' ');
}

const nodeFile = (): string => readFileSync(join(stateDir, 'nodes/n-0/node.json'), 'utf8');
const epoch = (): string => readFileSync(join(stateDir, 'nodes/n-0/node.epoch'), 'utf8');
const kindsOf = async (): Promise<string[]> => {
  const reader = await openLedgerReader({ folder: join(stateDir, 'ledger'), verifierKey: logKey });
  const kinds: string[] = [];
  for await (const { statement } of reader.entries())
    kinds.push(statement.predicateType.split('/').at(-2) ?? '');
  return kinds;
};

test('without its witnesses a deployment fails before it touches a node, and goes on when they are back', async () => {
  await terraform.apply();
  const [before, kinds] = [nodeFile(), await kindsOf()];
  isOpen = () => false;
  expect(await refused('-replace=nexus_deployment.n-0')).toMatch(/0 of 1 witness cosigned, expected north/);
  expect(nodeFile()).toBe(before);
  writeSwarm(terraform, { nodes: ['n-0'], greeting: 'two' });
  expect(await refused()).toMatch(/0 of 1 witness cosigned, expected north/);
  // The first record of the new deployment is safe, and shown to nobody.
  expect(await refused()).toMatch(/0 of 1 witness cosigned/);
  expect(nodeFile()).toBe(before);
  expect(await kindsOf()).toEqual(kinds);
  isOpen = () => true;
  await terraform.apply();
  expect(await terraform.planActions()).toEqual({});
  expect(nodeFile()).not.toBe(before);
}, 180_000);

test('witnesses that go away while the node starts: it runs, the error says so, and the next apply records it', async () => {
  // From the moment on in which the node is started anew.
  const before = epoch();
  isOpen = () => epoch() === before;
  const said = await refused('-replace=nexus_deployment.n-0');
  expect(said).toMatch(
    /Node "n-0" runs as deployed, but the ledger does not say so yet: .*the record is safe/,
  );
  expect((await terraform.state())['nexus_deployment.n-0']?.values).toMatchObject({
    status: 'running',
    boot_cid: null,
    deployment_cid: null,
  });
  expect(await refused()).toMatch(/0 of 1 witness cosigned/);
  isOpen = () => true;
  await terraform.apply();
  expect(await terraform.planActions()).toEqual({});
  expect((await terraform.state())['nexus_deployment.n-0']?.values).toMatchObject({
    boot_cid: expect.any(String),
    deployment_cid: expect.any(String),
  });
}, 180_000);

test('a look at whether the log can publish adds nothing', async () => {
  const { clock, random } = newEnvironment();
  const place = { kind: 'folder', folder: join(stateDir, 'ledger') } as const;
  const ledger = await openLedgerAt({ place, keysFolder: join(stateDir, 'keys'), clock, random });
  const { size } = await ledger.checkpoint();
  await ledger.checkPublishable();
  isOpen = () => false;
  await expect(ledger.checkPublishable()).rejects.toMatchObject({ code: 'policy-unmet' });
  expect((await ledger.checkpoint()).size).toBe(size);
}, 60_000);
