/** `nexus_mesh`: the key of a mesh and the identities of its nodes, made where they live. */
import { cellId, meshResource } from '../../model';
import type { PlannedOf, StateOf } from '../../schema';
import {
  enrolNode,
  findMeshKey,
  findPublicKey,
  keyId,
  meshKey,
  removeMeshKey,
  removeNodeIdentity,
} from '../deploy';
import { type ApplyContext, pluginFor, type Stages } from '../plugin';
import { whenKnown } from './_known';
import type { Client } from './client';
import { importMesh } from './import';

type Schema = typeof meshResource;
type Planned = PlannedOf<Schema>;
type State = StateOf<Schema>;
type Applying = ApplyContext<Stages<Schema>, Client>;

const { resource } = pluginFor<Client>();

export const mesh = resource(meshResource, {
  /** A node that lost its key is enrolled again, with a new one. */
  async plan({ prior, planned }, ctx) {
    const nodes = whenKnown(planned.nodes);
    if (prior === null || nodes === undefined) return undefined;
    const enrolled = Object.keys(prior.public_keys ?? {});
    const isWhole = nodes.length === enrolled.length && nodes.every((node) => enrolled.includes(node));
    if (!isWhole) return ctx.markComputedUnknown(planned);
    // A change of the intervals leaves every identity as it is, and the plan says so.
    const { key_id, public_keys, cell_ids } = prior;
    return { ...planned, key_id, public_keys, cell_ids };
  },
  create: (planned, ctx) => enrol(planned, ctx),
  async update({ prior, planned }, ctx) {
    const left = Object.keys(prior.public_keys ?? {}).filter((node) => !planned.nodes.includes(node));
    for (const node of left) await removeNodeIdentity(ctx.client.stateDir, node);
    return enrol(planned, ctx);
  },
  /** What is enrolled now: a mesh without its key is gone, a node without its key is left out. */
  async read(prior, ctx) {
    const key = await findMeshKey(ctx.client.stateDir, prior.name);
    if (key === undefined) return undefined;
    const publicKeys: Record<string, string> = {};
    for (const node of prior.nodes) {
      const publicKey = await findPublicKey(ctx.client.stateDir, node);
      if (publicKey !== undefined) publicKeys[node] = publicKey;
    }
    return { ...prior, ...describe(key, publicKeys) };
  },
  async delete(prior, ctx) {
    for (const node of prior.nodes) await removeNodeIdentity(ctx.client.stateDir, node);
    await removeMeshKey(ctx.client.stateDir, prior.name);
  },
  identity: ({ name }) => ({ name }),
  importByIdentity: ({ name }, { client }) => importMesh(name, client),
  importState: (name, { client }) => importMesh(name, client),
});

async function enrol(planned: Planned, ctx: Applying): Promise<State> {
  const { stateDir, environment, record } = ctx.client;
  const key = await meshKey(stateDir, planned.name, environment.random);
  // From here on there is something that a destroy has to take away.
  ctx.save({ key_id: keyId(key) });
  const publicKeys: Record<string, string> = {};
  for (const node of planned.nodes) {
    const publicKey = await enrolNode(stateDir, node, environment.random);
    await record('key', { role: 'node', name: node, key: publicKey });
    publicKeys[node] = publicKey;
  }
  return { ...planned, ...describe(key, publicKeys) };
}

function describe(key: Uint8Array, publicKeys: Readonly<Record<string, string>>) {
  const cellIds = Object.entries(publicKeys).map(([node, publicKey]) => [
    node,
    cellId(key, Buffer.from(publicKey, 'hex')),
  ]);
  return { key_id: keyId(key), public_keys: publicKeys, cell_ids: Object.fromEntries(cellIds) };
}
