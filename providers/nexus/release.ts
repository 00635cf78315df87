/** `nexus_release`: what the swarms of a stack are to run, recorded before anything is deployed. */
import {
  cidOfRaw,
  cidOfStatement,
  createStatement,
  parseCid,
  type Release,
  releaseResource,
} from '../../model';
import type { PlannedOf, StateOf } from '../../schema';
import { pluginFor } from '../plugin';
import { whenKnown } from './_known';
import type { Client } from './client';
import { importRelease, importReleaseOfName } from './import';
import { checkReceipt } from './receipt';

type Planned = PlannedOf<typeof releaseResource>;
type State = StateOf<typeof releaseResource>;

const { resource } = pluginFor<Client>();

export const release = resource(releaseResource, {
  /** The CID is that of the content, so it is known as soon as the content is. */
  async plan({ planned }) {
    const { name, systems, images, meshes, placement } = planned;
    const given = whenKnown({ name, systems, images, meshes, placement });
    if (given === undefined) return undefined;
    return { ...planned, cid: cidOfStatement(createStatement('release', releaseOf(given))) };
  },
  create: (planned, ctx) => publish(planned, ctx.client),
  update: ({ planned }, ctx) => publish(planned, ctx.client),
  async read(prior, ctx) {
    const receipt = await checkReceipt(prior.cid, `release "${prior.name}"`, ctx);
    return receipt === null ? undefined : prior;
  },
  /** A record in the ledger stays there. */
  async delete() {},
  identity: ({ name }) => ({ name }),
  importByIdentity: ({ name }, { client }) => importReleaseOfName(name, client),
  importState: (cid, { client }) => importRelease(cid, client),
});

/** The KDL texts first: whoever reads the record finds them. */
async function publish(planned: Planned, { factory, record }: Client): Promise<State> {
  for (const text of [...Object.values(planned.systems), ...Object.values(planned.meshes)]) {
    await factory.store.put('raw', Buffer.from(text));
  }
  return { ...planned, cid: await record('release', releaseOf(planned)) };
}

type Description = Pick<Planned, 'name' | 'systems' | 'images' | 'meshes' | 'placement'>;

function releaseOf({ name, systems, images, meshes, placement }: Description): Release {
  return {
    name,
    systems: mapValues(systems, referTo),
    images: mapValues(images, (cid) => ({ image: parseCid(cid) })),
    meshes: mapValues(meshes, referTo),
    placement,
  };
}

const referTo = (text: string) => ({ kdl: cidOfRaw(Buffer.from(text)) });

function mapValues<V, W>(values: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
