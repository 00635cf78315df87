/** Two nodes deployed for real, on a stand-in for QEMU, with what a deployment writes into the ledger. */
import { type Cid, cidOfRaw } from '../../model';
import { type Deployed, deployNode } from '../../providers/deploy';
import { type Client, openClient } from '../../providers/nexus';
import { type Programs, requestOf } from '../providers/deploy/_rig';
import type { Desk } from './_io';
import { recordRelease } from './_ledger';

export const nodes = ['n1', 'n2'];

export interface Swarm {
  readonly client: Client;
  readonly image: Cid;
  readonly release: Cid;
  readonly deployed: Readonly<Record<string, Deployed>>;
}

/** Builds nothing: the image is a text that tells the stand-in how to behave. */
export async function deploySwarm(desk: Desk, programs: Programs, text = 'stand-in good'): Promise<Swarm> {
  const client = await openClient(desk.stateDir, desk.io().environment);
  const image = await recordImage(client, Buffer.from(text));
  const release = await recordRelease(client, 'swarm', nodes, image);
  const deployed: Record<string, Deployed> = {};
  for (const node of nodes) deployed[node] = await deployOne(node, release, text, client, programs);
  return { client, image, release, deployed };
}

async function recordImage(client: Client, bytes: Uint8Array): Promise<Cid> {
  await client.factory.store.put('raw', bytes);
  const cid = cidOfRaw(bytes);
  await client.record('artifact', {
    kind: 'image',
    name: 'n',
    cid,
    sizeBytes: bytes.length,
    source: '0'.repeat(64),
    toolchain: 'none',
  });
  return cid;
}

async function deployOne(
  node: string,
  release: Cid,
  text: string,
  client: Client,
  programs: Programs,
): Promise<Deployed> {
  const request = await requestOf(client.stateDir, programs.hostd, text, { node, releaseCid: release });
  const deployed = await deployNode(request, { qemu: programs.machine });
  const { publicKey, record } = deployed;
  await client.record('key', { role: 'node', name: node, key: publicKey });
  const { payload, signature } = record;
  await (await client.ledger()).appendSigned({
    payload,
    signature,
    publicKey: Buffer.from(publicKey, 'hex'),
  });
  await recordDeployed(node, release, deployed, client);
  return deployed;
}

export function recordDeployed(node: string, release: Cid, deployed: Deployed, client: Client): Promise<Cid> {
  const { slot, epoch, publicKey: key, imageCid: image, configDigest: config } = deployed;
  return client.record('deployment', {
    node,
    host: 'local',
    release,
    image,
    config,
    key,
    slot,
    epoch,
    outcome: 'deployed',
  });
}
