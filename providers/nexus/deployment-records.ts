/** What the ledger hears of a deployment: the node's own boot record, and the deployer's word on what came of it. */
import type { Cid, Deployment, deploymentResource } from '../../model';
import type { PriorOf } from '../../schema';
import { type Attempt, type BootRecord, type Deployed, openCollectorKey } from '../deploy';
import type { Client } from './client';
import type { PlacedNode } from './placed-node';

/** The host daemon, which now hears a node, has a key of its own for intervals of heartbeats. */
export async function introduceCollector({ stateDir, record }: Client): Promise<void> {
  const { publicKey } = await openCollectorKey(stateDir);
  const key = Buffer.from(publicKey).toString('hex');
  await record('key', { role: 'collector', name: 'collector', key });
}

/** Appends what the node signed, as it signed it. */
export async function recordBoot(boot: BootRecord, publicKey: string, client: Client): Promise<Cid> {
  const { payload, signature } = boot;
  const record = { payload, signature, publicKey: Buffer.from(publicKey, 'hex') };
  return (await (await client.ledger()).appendSigned(record, { once: true })).cid;
}

export function recordDeployed(
  node: string,
  placed: PlacedNode,
  { slot, epoch, publicKey, imageCid, configDigest, restarted }: Deployed,
  client: Client,
): Promise<Cid> {
  const what = { slot, epoch, key: publicKey, image: imageCid, config: configDigest };
  const at = restarted ? { at: now(client) } : {};
  return record({ ...what, outcome: 'deployed', ...at }, node, placed, client);
}

export function recordFailure(
  node: string,
  placed: PlacedNode,
  { slot, epoch, publicKey, imageCid, configDigest, reason }: Attempt,
  client: Client,
): Promise<Cid> {
  const attempt = { slot, epoch, key: publicKey, image: imageCid, config: configDigest };
  const told = reason.replace(/\p{Cc}+/gu, ' ').slice(0, 500);
  return record({ ...attempt, outcome: 'failed', reason: told, at: now(client) }, node, placed, client);
}

function now({ environment }: Client): string {
  return new Date(environment.clock()).toISOString();
}

function record(
  what: Omit<Deployment, 'node' | 'host' | 'release'>,
  node: string,
  { host, releaseCid }: PlacedNode,
  client: Client,
): Promise<Cid> {
  return client.record('deployment', { node, host, release: releaseCid, ...what });
}

/** A node that never came up was never there. */
export async function recordRemoval(
  prior: PriorOf<typeof deploymentResource>,
  client: Client,
): Promise<void> {
  const { node, host, release, image_cid: image, public_key: key, epoch } = prior;
  const slot = prior.slot === 'a' || prior.slot === 'b' ? prior.slot : undefined;
  if (image === null || key === null || epoch === null || slot === undefined) return;
  const what: Omit<Deployment, 'outcome'> = { node, host: host.name, release, image, key, slot, epoch };
  await client.record('deployment', { ...what, outcome: 'removed', at: now(client) });
}
