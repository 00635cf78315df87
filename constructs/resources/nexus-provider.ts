/** The provider's configuration as a typed construct. */
import type { Construct } from 'constructs';
import { nexusProvider, providerAddress, providerVersion } from '../../model';
import { attributesFromProps, type PropsOf } from '../../schema';
import { type IResolvable, TerraformProvider } from '../_engine';
import { hclAttributes } from '../_hcl';
import { findPropProblems } from '../_validation';

/** Props of {@link NexusProvider}. */
export type NexusProviderProps = PropsOf<typeof nexusProvider, IResolvable>;

/** The provider, as Terraform sees it. Made by `NexusStack`. */
export class NexusProvider extends TerraformProvider {
  /** Name of the provider in Terraform. */
  static readonly tfResourceType = 'nexus';
  private readonly props: NexusProviderProps;

  constructor(scope: Construct, id: string, props: NexusProviderProps) {
    super(scope, id, {
      terraformResourceType: 'nexus',
      terraformGeneratorMetadata: { providerName: 'nexus', providerVersion },
      terraformProviderSource: providerAddress,
    });
    this.props = props;
    this.node.addValidation({ validate: () => findPropProblems(nexusProvider, this.props) });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return attributesFromProps(nexusProvider, this.props);
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return hclAttributes(this.synthesizeAttributes());
  }
}
