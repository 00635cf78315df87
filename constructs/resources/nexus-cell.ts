/** `nexus_cell` as a typed construct. */
import type { Construct } from 'constructs';
import { cellResource } from '../../model';
import { NexusResource, type ResourceProps } from './nexus-resource';

/** Props of {@link NexusCell}. */
export type NexusCellProps = ResourceProps<typeof cellResource>;

/** A built cell, as Terraform sees it. Made by `Cell`. */
export class NexusCell extends NexusResource<typeof cellResource> {
  /** Type of the resource in Terraform. */
  static readonly tfResourceType = cellResource.typeName;

  constructor(scope: Construct, id: string, props: NexusCellProps) {
    super(scope, id, cellResource, props);
  }

  /** CID of the built cell. */
  get variantCid(): string {
    return this.text('variant_cid');
  }

  /** Size of the cell in the image, in bytes. */
  get sizeBytes(): number {
    return this.number('size_bytes');
  }

  /** CID of the cell's record in the ledger. */
  get ledgerCid(): string {
    return this.text('ledger_cid');
  }
}
