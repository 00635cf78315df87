/** `nexus_image` as a typed construct. */
import type { Construct } from 'constructs';
import { imageResource } from '../../model';
import { NexusResource, type ResourceProps } from './nexus-resource';

/** Props of {@link NexusImage}. */
export type NexusImageProps = ResourceProps<typeof imageResource>;

/** A bootable image, as Terraform sees it. Made by `Swarm`. */
export class NexusImage extends NexusResource<typeof imageResource> {
  /** Type of the resource in Terraform. */
  static readonly tfResourceType = imageResource.typeName;

  constructor(scope: Construct, id: string, props: NexusImageProps) {
    super(scope, id, imageResource, props);
  }

  /** CID of the image file's bytes. */
  get imageCid(): string {
    return this.text('image_cid');
  }

  /** Size of the image in bytes. */
  get sizeBytes(): number {
    return this.number('size_bytes');
  }

  /** CID of the image's record in the ledger. */
  get ledgerCid(): string {
    return this.text('ledger_cid');
  }
}
