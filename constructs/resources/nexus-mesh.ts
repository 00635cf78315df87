/** `nexus_mesh` as a typed construct. */
import type { Construct } from 'constructs';
import { meshResource } from '../../model';
import { NexusResource, type ResourceProps } from './nexus-resource';

/** Props of {@link NexusMesh}. */
export type NexusMeshProps = ResourceProps<typeof meshResource>;

/** The identities of the nodes of a mesh, as Terraform sees them. Made by `UtcpMesh`. */
export class NexusMesh extends NexusResource<typeof meshResource> {
  /** Type of the resource in Terraform. */
  static readonly tfResourceType = meshResource.typeName;

  constructor(scope: Construct, id: string, props: NexusMeshProps) {
    super(scope, id, meshResource, props);
  }

  /** Public key of each node, in hex. */
  get publicKeys(): Record<string, string> {
    return this.textMap('public_keys');
  }

  /** CellID of each node, in hex. */
  get cellIds(): Record<string, string> {
    return this.textMap('cell_ids');
  }
}
