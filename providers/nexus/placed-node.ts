/** What a release says of one node, read from the ledger and the store. */
import {
  type Cid,
  isKind,
  type Mesh,
  NexusError,
  parseCid,
  parseMesh,
  quote,
  type Release,
} from '../../model';
import { checkDeployable } from '../provchain';
import type { Client } from './client';

export interface PlacedNode {
  readonly releaseCid: Cid;
  readonly host: string;
  readonly mesh: string;
  readonly imageCid: Cid;
  readonly meshKdl: Cid;
}

/** As {@link findPlacedNode}, of a release that may be deployed. @throws NexusError `void-release`, `below-floor` */
export async function findDeployable(release: string, node: string, client: Client): Promise<PlacedNode> {
  const placed = await findPlacedNode(release, node, client);
  checkDeployable(release, (await client.judge()).floors, 'deploy');
  return placed;
}

/** @throws NexusError `unknown-release`, `not-a-release`, `not-placed` */
export async function findPlacedNode(release: string, node: string, client: Client): Promise<PlacedNode> {
  const releaseCid = parseCid(release);
  const found = await (await client.ledger()).find(releaseCid);
  if (found === undefined) {
    throw new NexusError(
      'unknown-release',
      `Cannot find release ${quote(release)}: the ledger has no such record`,
      {
        hint: 'Take the CID of a release from `nexus log --kind release`.',
      },
    );
  }
  if (!isKind(found.statement, 'release')) {
    throw new NexusError(
      'not-a-release',
      `Cannot deploy record ${quote(release)}: it is a ${found.statement.predicateType}, expected a release`,
      { hint: 'Take the CID of a release from `nexus log --kind release`.' },
    );
  }
  return placeOf(found.statement.predicate, releaseCid, node);
}

function placeOf(release: Release, releaseCid: Cid, node: string): PlacedNode {
  const place = release.placement[node];
  const imageCid = place === undefined ? undefined : release.images[place.image]?.image;
  const meshKdl = place === undefined ? undefined : release.meshes[place.mesh]?.kdl;
  if (place !== undefined && imageCid !== undefined && meshKdl !== undefined) {
    return { releaseCid, host: place.host, mesh: place.mesh, imageCid, meshKdl };
  }
  const known = Object.keys(release.placement).join(', ');
  throw new NexusError(
    'not-placed',
    `Cannot deploy node ${quote(node)}: release "${releaseCid}" places ${known}, expected this node among them`,
    { hint: 'Remove the node from the program, or choose a release that has it.' },
  );
}

/** The mesh as the release has it. */
export async function readMeshOf({ meshKdl }: PlacedNode, { factory }: Client): Promise<Mesh> {
  const text = Buffer.from(await factory.store.get(meshKdl)).toString('utf8');
  return parseMesh(text, `mesh.kdl of block ${meshKdl}`);
}
