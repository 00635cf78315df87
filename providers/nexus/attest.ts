/** Asking a node what it runs and holding the answer against the ledger, not against the host's word. */
import { type attestationData, cidFromDigest, type Deployment } from '../../model';
import type { StateOf } from '../../schema';
import { type ExpectedNode, type Observation, observeNode } from '../deploy';
import type { Client } from './client';
import { findDeployment } from './ledger-lookup';

/** What `nexus_attestation` tells. */
export type Attestation = StateOf<typeof attestationData>;

/** Never throws for what the node is or does. */
export async function attestNode(node: string, client: Client, signal: AbortSignal): Promise<Attestation> {
  const deployment = (await findDeployment(node, client))?.statement.predicate;
  const { stateDir, environment } = client;
  const { hostdEntry, random } = environment;
  const seen = await observeNode(stateDir, node, expectedOf(deployment), { hostdEntry, random, signal });
  const isDeployed = deployment?.outcome === 'deployed';
  const answer = describeAnswer(seen);
  return {
    node,
    public_key: isDeployed ? deployment.key : null,
    ...answer,
    ...(isDeployed ? {} : { ok: false, detail: withoutDeployment(node, seen) }),
  };
}

function expectedOf(deployment: Deployment | undefined): ExpectedNode {
  if (deployment?.outcome !== 'deployed') return {};
  const { key, image, config, release } = deployment;
  return {
    publicKey: key,
    imageCid: image,
    release,
    ...(config === undefined ? {} : { configDigest: config }),
  };
}

function withoutDeployment(node: string, { status, detail }: Observation): string {
  return status === 'missing' ? detail : `the ledger does not say that node "${node}" is deployed; ${detail}`;
}

function describeAnswer({
  status,
  detail,
  checks,
  record,
}: Observation): Omit<Attestation, 'node' | 'public_key'> {
  const seen = { status, detail, checks: checks.map(({ name, ok, detail }) => ({ name, ok, detail })) };
  if (record === undefined) return { ...seen, ok: false, ...nothing };
  const { payload, signature, statement } = record;
  const { release, config, epoch, nonce, cells, peers } = statement.predicate;
  const digest = statement.subject[0]?.digest.sha256;
  const fallen = cells.filter(({ state }) => state !== 'running' && state !== 'exited');
  return {
    ...seen,
    ok: status === 'running' && fallen.length === 0,
    release,
    image_cid: digest === undefined ? null : cidFromDigest('raw', Buffer.from(digest, 'hex')),
    config_digest: config,
    epoch,
    nonce,
    cells: Object.fromEntries(cells.map(({ name, state }) => [name, state])),
    peers: Object.fromEntries(peers.map(({ name, heard }) => [name, heard])),
    statement: Buffer.from(payload).toString('utf8'),
    signature: Buffer.from(signature).toString('hex'),
  };
}

/** What is known of a node that gave no answer. */
const nothing = {
  release: null,
  image_cid: null,
  config_digest: null,
  epoch: null,
  nonce: null,
  cells: {},
  peers: {},
  statement: null,
  signature: null,
};
