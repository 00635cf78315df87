/** A release with its texts: the record names them by CID, the store has them. */
import { parseCid, type Release } from '../../model';
import type { Client } from './client';

/** The KDL of systems and meshes, the CIDs of the images and the placement, as Terraform has them. */
export async function readReleaseTexts(release: Release, client: Client) {
  const { name, systems, images, meshes, placement } = release;
  return {
    name,
    systems: await readTexts(systems, client),
    images: Object.fromEntries(Object.entries(images).map(([image, { image: cid }]) => [image, cid])),
    meshes: await readTexts(meshes, client),
    placement,
  };
}

async function readTexts(
  references: Release['systems'],
  { factory }: Client,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, { kdl }] of Object.entries(references))
    texts[name] = Buffer.from(await factory.store.get(parseCid(kdl))).toString('utf8');
  return texts;
}
