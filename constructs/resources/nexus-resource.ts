/** What all typed Terraform resources of the provider share: attributes and validation come from the schema. */
import type { Construct } from 'constructs';
import { providerVersion } from '../../model';
import { attributesFromProps, type PropsOf, type ResourceSchema, type ValueType } from '../../schema';
import { type IResolvable, type TerraformMetaArguments, TerraformResource } from '../_engine';
import { findPropProblems } from '../_validation';
import { hclAttributes } from './_hcl';

/** Props of a resource with its schema `S`; any value may be one that Terraform knows only later. */
export type ResourceProps<S extends ResourceSchema> = PropsOf<S, IResolvable> & TerraformMetaArguments;

/** Names of the attributes of one kind, in Terraform's spelling. */
type NamesOf<S extends ResourceSchema, Kind extends ValueType['kind']> = {
  [Name in keyof S['attributes']]: S['attributes'][Name]['type']['kind'] extends Kind ? Name : never;
}[keyof S['attributes']] &
  string;

/** Id of the resource that a construct stands for; its problems are reported under the construct's path. */
export const mainResourceId = 'Resource';

/** A Terraform resource of the provider, typed by its schema. */
export abstract class NexusResource<S extends ResourceSchema> extends TerraformResource {
  private readonly schema: S;
  private readonly props: ResourceProps<S>;

  constructor(scope: Construct, id: string, schema: S, props: ResourceProps<S>) {
    super(scope, id, {
      ...props,
      terraformResourceType: schema.typeName,
      terraformGeneratorMetadata: { providerName: 'nexus', providerVersion },
    });
    this.schema = schema;
    this.props = props;
    const reported = id === mainResourceId ? scope : this;
    reported.node.addValidation({ validate: () => this.findProblems() });
  }

  /** What the schema says of the props given, as texts with hints; empty when all is well. */
  findProblems(): string[] {
    return findPropProblems(this.schema, this.props);
  }

  /** Reference to an attribute that holds text. */
  protected text(name: NamesOf<S, 'string'>): string {
    return this.getStringAttribute(name);
  }

  /** Reference to an attribute that holds a number. */
  protected number(name: NamesOf<S, 'number'>): number {
    return this.getNumberAttribute(name);
  }

  /** Reference to an attribute that holds texts by name. */
  protected textMap(name: NamesOf<S, 'map'>): Record<string, string> {
    return this.getStringMapAttribute(name);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return attributesFromProps(this.schema, this.props);
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return hclAttributes(this.synthesizeAttributes());
  }
}
