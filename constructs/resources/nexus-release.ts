/** `nexus_release` as a typed construct. */
import type { Construct } from 'constructs';
import { releaseResource } from '../../model';
import { NexusResource, type ResourceProps } from './nexus-resource';

/** Props of {@link NexusRelease}. */
export type NexusReleaseProps = ResourceProps<typeof releaseResource>;

/** A recorded release, as Terraform sees it. Made by `NexusStack` when it has a swarm. */
export class NexusRelease extends NexusResource<typeof releaseResource> {
  /** Type of the resource in Terraform. */
  static readonly tfResourceType = releaseResource.typeName;

  constructor(scope: Construct, id: string, props: NexusReleaseProps) {
    super(scope, id, releaseResource, props);
  }

  /** CID of the release's record in the ledger. */
  get cid(): string {
    return this.text('cid');
  }
}
