/** `nexus_deployment` as a typed construct. */
import type { Construct } from 'constructs';
import { deploymentResource } from '../../model';
import { NexusResource, type ResourceProps } from './nexus-resource';

/** Props of {@link NexusDeployment}. */
export type NexusDeploymentProps = ResourceProps<typeof deploymentResource>;

/** A node that runs a release, as Terraform sees it. Made by `Swarm`. */
export class NexusDeployment extends NexusResource<typeof deploymentResource> {
  /** Type of the resource in Terraform. */
  static readonly tfResourceType = deploymentResource.typeName;

  constructor(scope: Construct, id: string, props: NexusDeploymentProps) {
    super(scope, id, deploymentResource, props);
  }

  /** Has the node run another release than it was made with. */
  setRelease(release: string): void {
    this.props = { ...this.props, release };
  }

  /** CID of the image that runs. */
  get imageCid(): string {
    return this.text('image_cid');
  }

  /** The node's Ed25519 public key, in hex. */
  get publicKey(): string {
    return this.text('public_key');
  }

  /** The node's CellID in its mesh, in hex. */
  get cellId(): string {
    return this.text('cell_id');
  }

  /** What the node was found to be, like `running`. */
  get status(): string {
    return this.text('status');
  }

  /** CID of the boot record in the ledger. */
  get bootCid(): string {
    return this.text('boot_cid');
  }

  /** CID of the deployment record in the ledger. */
  get deploymentCid(): string {
    return this.text('deployment_cid');
  }
}
