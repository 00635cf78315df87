/** `nexus_deployment`: one node, running what a release says of it. */
import { type Cid, cidFromDigest, deploymentResource, NexusError, parseCid } from '../../model';
import { type PlannedOf, type PlanOf, type PriorOf, type StateOf, UNKNOWN } from '../../schema';
import {
  type Deployed,
  DeploymentError,
  type DeployRequest,
  deployNode,
  type Observation,
  observeNode,
  removeNode,
} from '../deploy';
import { type ApplyContext, type Context, pluginFor, type Stages } from '../plugin';
import { blaming } from './_blame';
import { whenKnown } from './_known';
import type { Client } from './client';
import {
  introduceCollector,
  recordBoot,
  recordDeployed,
  recordFailure,
  recordRemoval,
} from './deployment-records';
import { importDeployment } from './import';
import { findDeployable, findPlacedNode, type PlacedNode, readMeshOf } from './placed-node';
import { checkReceipt } from './receipt';

type Schema = typeof deploymentResource;
type Planned = PlannedOf<Schema>;
type Prior = PriorOf<Schema>;
type State = StateOf<Schema>;
type Applying = ApplyContext<Stages<Schema>, Client>;

const { resource } = pluginFor<Client>();

/** A started image has this long to prove itself where no timeout is shorter. */
export const healthWindowMs = 30_000;

export const deployment = resource(deploymentResource, {
  /** Names the image that the release places on the node; a node that does not run as it should is to be mended. */
  async plan({ prior, planned }, ctx) {
    const draft = prior === null || isInOrder(prior) ? planned : ctx.markComputedUnknown(planned);
    const wanted = { ...draft, ...planIdentity(prior, planned), status: 'running' };
    const given = whenKnown({ release: planned.release, node: planned.node });
    if (given === undefined) return wanted;
    // What runs already is no reason to refuse a plan, which may be the one that mends it.
    const find = given.release === prior?.release ? findPlacedNode : findDeployable;
    const imageCid = await plannedImage(given.release, given.node, ctx.client, find);
    return imageCid === undefined ? wanted : { ...wanted, image_cid: imageCid };
  },
  create: (planned, ctx) => deploy(planned, null, ctx),
  update: ({ prior, planned }, ctx) => deploy(planned, prior, ctx),
  async read(prior, ctx) {
    const seen = await observe(prior, ctx);
    if (seen.status === 'missing') return undefined;
    if (seen.status !== 'running')
      ctx.warn(`Node "${prior.node}" is not as deployed: ${seen.status}`, seen.detail);
    return { ...prior, ...describe(seen, prior), ...(await checkReceipts(prior, ctx)) };
  },
  async delete(prior, ctx) {
    const { stateDir } = ctx.client;
    await ctx.client.checkLedger();
    await removeNode(stateDir, prior.node, {
      identity: 'keep',
      signal: ctx.signal,
      progress: (text) => ctx.log.info(`${prior.node}: ${text}`),
    });
    await recordRemoval(prior, ctx.client);
  },
  identity: ({ node }) => ({ node }),
  importByIdentity: ({ node }, { client }) => importDeployment(node, client),
  importState: (node, { client }) => importDeployment(node, client),
});

/** It runs as it should, and the ledger says so. */
function isInOrder({ status, boot_cid, deployment_cid }: Prior): boolean {
  return status === 'running' && boot_cid !== null && deployment_cid !== null;
}

async function checkReceipts({ node, boot_cid, deployment_cid }: Prior, ctx: Context<Client>) {
  return {
    boot_cid: await checkReceipt(boot_cid, `the boot of node "${node}"`, ctx),
    deployment_cid: await checkReceipt(deployment_cid, `the deployment of node "${node}"`, ctx),
  };
}

/** The mesh says which key the node has; with another key it has another CellID. */
function planIdentity(prior: Prior | null, { peers, node }: PlanOf<Schema>): Partial<PlanOf<Schema>> {
  const enrolled = whenKnown({ peers, node });
  const key = enrolled?.peers[enrolled.node];
  if (key !== undefined && key === prior?.public_key) return {};
  return { public_key: key ?? UNKNOWN, cell_id: UNKNOWN };
}

/** Undefined while the release is not in the ledger yet: it is planned in the same run. */
async function plannedImage(
  release: string,
  node: string,
  client: Client,
  find: typeof findPlacedNode,
): Promise<Cid | undefined> {
  const found = await (await client.ledger()).find(parseCid(release));
  if (found === undefined) return undefined;
  return (await blaming('release', () => find(release, node, client))).imageCid;
}

async function deploy(planned: Planned, prior: Prior | null, ctx: Applying): Promise<State> {
  const { client } = ctx;
  const placed = await blaming('release', () => findDeployable(planned.release, planned.node, client));
  const request = await requestOf(planned, placed, ctx);
  // A node is not touched when nobody could be told of it.
  await client.checkLedger();
  const deployed = await deployNode(request, {
    signal: ctx.signal,
    random: client.environment.random,
    progress: (text) => ctx.log.info(`${planned.node}: ${text}`),
  }).catch(async (error: unknown) => {
    if (error instanceof DeploymentError) await keepFailure(planned, prior, placed, error, ctx);
    throw error;
  });
  // It runs, whatever the ledger says now: without its records it is planned again.
  ctx.save({ ...describeDeployed(deployed), status: 'running' });
  return settle(planned, placed, deployed, client).catch((error: unknown) => {
    throw unrecorded(planned.node, error);
  });
}

function unrecorded(node: string, error: unknown): unknown {
  if (!(error instanceof NexusError)) return error;
  return new NexusError(
    error.code,
    `Node "${node}" runs as deployed, but the ledger does not say so yet: ${error.message}`,
    {
      hint: `Apply again when the ledger publishes again. ${error.hint ?? ''}`.trimEnd(),
      cause: error,
    },
  );
}

async function requestOf(planned: Planned, placed: PlacedNode, ctx: Applying): Promise<DeployRequest> {
  const { factory, stateDir, environment } = ctx.client;
  const mesh = await readMeshOf(placed, ctx.client);
  return {
    stateDir,
    node: planned.node,
    mesh: planned.mesh,
    imageBytes: await factory.store.get(placed.imageCid),
    imageCid: placed.imageCid,
    releaseCid: placed.releaseCid,
    peers: planned.peers,
    memoryMib: planned.host.memory_mib,
    accelerator: planned.host.accelerator,
    helloIntervalMs: mesh.helloIntervalMs,
    heartbeatIntervalMs: mesh.heartbeatIntervalMs,
    healthWindowMs: Math.min(healthWindowMs, ctx.timeoutMs ?? healthWindowMs),
    hostdEntry: environment.hostdEntry,
  };
}

async function settle(
  planned: Planned,
  placed: PlacedNode,
  deployed: Deployed,
  client: Client,
): Promise<State> {
  // The mesh introduced the key already, unless the ledger was replaced since.
  await client.record('key', { role: 'node', name: planned.node, key: deployed.publicKey });
  await introduceCollector(client);
  const bootCid = await recordBoot(deployed.record, deployed.publicKey, client);
  const deploymentCid = await recordDeployed(planned.node, placed, deployed, client);
  return {
    ...planned,
    ...describeDeployed(deployed),
    status: 'running',
    boot_cid: bootCid,
    deployment_cid: deploymentCid,
  };
}

function describeDeployed({ imageCid, publicKey, cellId, slot, configDigest, epoch }: Deployed) {
  return {
    image_cid: imageCid,
    public_key: publicKey,
    cell_id: cellId,
    slot,
    config_digest: configDigest,
    epoch,
  };
}

/** What is true after a failure: the old slot is back, or the node stands still. The ledger hears of both. */
async function keepFailure(
  planned: Planned,
  prior: Prior | null,
  placed: PlacedNode,
  error: DeploymentError,
  ctx: Applying,
): Promise<void> {
  const { restored } = error;
  if (restored === undefined) {
    const { publicKey, slot, epoch, imageCid, configDigest } = error.attempt;
    const attempt = { image_cid: imageCid, public_key: publicKey, slot, epoch, config_digest: configDigest };
    ctx.save({ ...attempt, status: 'dead' });
  } else {
    const release = prior?.release ?? planned.release;
    ctx.save({
      ...describeDeployed(restored),
      release,
      status: 'running',
    });
  }
  try {
    ctx.save({ deployment_cid: await recordFailure(planned.node, placed, error.attempt, ctx.client) });
    if (restored === undefined) return;
    ctx.save({ boot_cid: await recordBoot(restored.record, restored.publicKey, ctx.client) });
  } catch (cause) {
    // The error that is to be told is why the deployment failed.
    if (!(cause instanceof NexusError)) throw cause;
    ctx.warn(`The failure of node "${planned.node}" is not in the ledger`, cause.message);
  }
}

function observe(prior: Prior, ctx: Context<Client>): Promise<Observation> {
  const { public_key, image_cid, config_digest, release } = prior;
  const expected = {
    release,
    ...(public_key === null ? {} : { publicKey: public_key }),
    ...(image_cid === null ? {} : { imageCid: image_cid }),
    ...(config_digest === null ? {} : { configDigest: config_digest }),
  };
  const { stateDir, environment } = ctx.client;
  const { hostdEntry, random } = environment;
  return observeNode(stateDir, prior.node, expected, { hostdEntry, random, signal: ctx.signal });
}

/** What the node itself says, where it says anything; a wrong image shows as what it is. */
function describe({ status, record, deployed }: Observation, prior: Prior): Partial<Prior> {
  const slot = deployed?.slot ?? prior.slot;
  if (record === undefined || status === 'wrong-key') return { status, slot };
  const { release, config, epoch } = record.statement.predicate;
  const digest = record.statement.subject[0]?.digest.sha256;
  const imageCid = digest === undefined ? prior.image_cid : cidFromDigest('raw', Buffer.from(digest, 'hex'));
  return { status, slot, release, config_digest: config, epoch, image_cid: imageCid };
}
