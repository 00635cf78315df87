/** A release: what a fleet is to run, recorded before anything is deployed, and the unit of rollback. */
import type { Cid } from './cid';
import { NexusError, quote } from './error';
import { suggest } from './suggest';

/** Where one node stands, which image it boots and which mesh it is in. */
export interface Placement {
  readonly host: string;
  readonly image: string;
  readonly mesh: string;
}

export interface ReleaseImage {
  readonly image: Cid;
  readonly sizeBytes?: number | undefined;
}

/** A KDL text in the store, by the CID of its bytes. */
export interface KdlReference {
  readonly kdl: Cid;
}

export interface Release {
  readonly name: string;
  readonly systems: Readonly<Record<string, KdlReference>>;
  readonly images: Readonly<Record<string, ReleaseImage>>;
  readonly meshes: Readonly<Record<string, KdlReference>>;
  /** Key: the node's name. */
  readonly placement: Readonly<Record<string, Placement>>;
}

/** Every placement names an image and a mesh of the release. @throws NexusError `bad-placement` */
export function checkRelease(release: Release): Release {
  for (const [node, { image, mesh }] of Object.entries(release.placement)) {
    checkPlaced(node, 'image', image, Object.keys(release.images));
    checkPlaced(node, 'mesh', mesh, Object.keys(release.meshes));
  }
  return release;
}

function checkPlaced(node: string, kind: 'image' | 'mesh', name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  throw new NexusError(
    'bad-placement',
    `Cannot place node "${node}" with ${kind} ${quote(name)}: the release has no such ${kind}, expected one of ${known.join(', ') || '(none)'}`,
    { hint: suggest(name, known) },
  );
}
