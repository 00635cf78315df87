/** A small real ledger: a cell and an image built, one release of two nodes, both deployed and booted. */
import { join } from 'node:path';
import {
  type Cid,
  cidOfRaw,
  createMeasuredStatement,
  digestOfCid,
  formatStatement,
  publicKeyBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../../model';
import { enrolNode } from '../../providers/deploy';
import { type Client, openClient } from '../../providers/nexus';
import { preAuthEncoding } from '../../providers/provchain';
import type { Desk } from './_io';

export const imageBytes = Buffer.from('an image, as the ledger sees it');
export const image = cidOfRaw(imageBytes);
const kdl = cidOfRaw(Buffer.from('a text'));
const hex = (text: string): string => Buffer.from(sha256(Buffer.from(text))).toString('hex');
export const configDigest = hex('config');

export interface Records {
  readonly client: Client;
  readonly artifact: Cid;
  readonly release: Cid;
  readonly deployments: Readonly<Record<string, Cid>>;
  readonly boots: Readonly<Record<string, Cid>>;
  readonly keys: Readonly<Record<string, string>>;
}

/** Seeds of the nodes' keys: with them the tests speak for the nodes. */
export const seedOf = (node: string): Uint8Array => sha256(Buffer.from(`seed of ${node}`));

export async function makeLedger(desk: Desk, nodes: readonly string[] = ['n-0', 'n-1']): Promise<Records> {
  const client = await openClient(desk.stateDir, desk.io().environment);
  const { store } = client.factory;
  await store.put('raw', imageBytes);
  const artifact = await client.record('artifact', {
    kind: 'image',
    name: 'n',
    cid: image,
    sizeBytes: imageBytes.length,
    source: hex('kernel'),
    toolchain: 'clang 19',
    cells: { hello: kdl },
  });
  const release = await recordRelease(client, 'first', nodes);
  const keys: Record<string, string> = {};
  const deployments: Record<string, Cid> = {};
  const boots: Record<string, Cid> = {};
  for (const node of nodes) {
    keys[node] = await enrolNode(desk.stateDir, node, () => seedOf(node));
    await client.record('key', { role: 'node', name: node, key: keys[node] });
    boots[node] = await recordBoot(client, node, release);
    deployments[node] = await recordDeployment(client, node, release, keys[node]);
  }
  return { client, artifact, release, deployments, boots, keys };
}

export function recordRelease(
  client: Client,
  name: string,
  nodes: readonly string[],
  of: Cid = image,
): Promise<Cid> {
  return client.record('release', {
    name,
    systems: { n: { kdl } },
    images: { n: { image: of } },
    meshes: { alpha: { kdl } },
    placement: Object.fromEntries(nodes.map((node) => [node, { host: 'local', image: 'n', mesh: 'alpha' }])),
  });
}

function recordDeployment(client: Client, node: string, release: Cid, key: string): Promise<Cid> {
  return client.record('deployment', {
    node,
    host: 'local',
    release,
    image,
    config: configDigest,
    key,
    slot: 'a',
    epoch: '1',
    outcome: 'deployed',
  });
}

async function recordBoot(client: Client, node: string, release: Cid): Promise<Cid> {
  const key = signingKeyOfSeed(seedOf(node));
  const publicKey = publicKeyBytes(key);
  const boot = {
    node,
    key: Buffer.from(publicKey).toString('hex'),
    release,
    config: configDigest,
    nonce: hex('nonce'),
    epoch: '1',
    sequence: '1',
    uptimeMicros: '1000',
    cells: [{ name: 'hello', state: 'running' as const }],
    peers: [],
  };
  const payload = formatStatement(
    createMeasuredStatement('boot', boot, Buffer.from(digestOfCid(image)).toString('hex')),
  );
  const signature = signEd25519(key, preAuthEncoding(payload));
  return (await (await client.ledger()).appendSigned({ payload, signature, publicKey })).cid;
}

export const ledgerFolder = (desk: Desk): string => join(desk.stateDir, 'ledger');
