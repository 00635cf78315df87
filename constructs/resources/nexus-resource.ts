/** What all typed Terraform resources of the provider share: attributes and validation come from the schema. */
import type { Construct } from 'constructs';
import { providerVersion } from '../../model';
import { attributesFromProps, type PropsOf, type ResourceSchema, type ValueType } from '../../schema';
import { type IResolvable, type TerraformMetaArguments, TerraformResource } from '../_engine';
import { hclAttributes } from '../_hcl';
import { findPropProblems } from '../_validation';
import { WithoutTokens } from '../_without-tokens';

/** Props of a resource with its schema `S`; any value may be one that Terraform knows only later. */
export type ResourceProps<S extends ResourceSchema> = PropsOf<S, IResolvable> & TerraformMetaArguments;

/** Names of the attributes of one kind, in Terraform's spelling. */
type NamesOf<S extends ResourceSchema, Kind extends ValueType['kind']> = {
  [Name in keyof S['attributes']]: S['attributes'][Name]['type']['kind'] extends Kind ? Name : never;
}[keyof S['attributes']] &
  string;

/** Id of the resource that a construct stands for; that construct reports its problems, under its own path. */
export const mainResourceId = 'Resource';

/** A Terraform resource of the provider, typed by its schema. */
export abstract class NexusResource<S extends ResourceSchema> extends TerraformResource {
  private readonly schema: S;
  /** Replaced, never changed: the engine reads them at synth. */
  protected props: ResourceProps<S>;
  private texts: Map<string, string> | undefined;
  private maps: Map<string, Record<string, string>> | undefined;

  constructor(scope: Construct, id: string, schema: S, props: ResourceProps<S>) {
    super(scope, id, {
      ...props,
      terraformResourceType: schema.typeName,
      terraformGeneratorMetadata: { providerName: 'nexus', providerVersion },
    });
    this.schema = schema;
    this.props = props;
    if (this.reportsItself) this.node.addValidation({ validate: () => this.findProblems() });
  }

  /** Whether its problems are said under its own path, and not by the construct that it is a part of. */
  protected get reportsItself(): boolean {
    return this.node.id !== mainResourceId;
  }

  /** What the schema says of the props given, as texts with hints; empty when all is well. */
  findProblems(): string[] {
    return findPropProblems(this.schema, this.props);
  }

  /**
   * Its address in Terraform, written out. Within the stack a reference made of it is the same to Terraform as a token, and
   * costs the engine neither a stack trace nor a resolution: for what stands at every node.
   * @internal
   */
  get fullName(): string {
    return `${this.terraformResourceType}.${this.friendlyUniqueId}`;
  }

  /** Reference to an attribute that holds text. */
  protected text(name: NamesOf<S, 'string'>): string {
    this.texts ??= new Map();
    return remember(this.texts, name, () => this.getStringAttribute(name));
  }

  /** Reference to an attribute that holds a number. */
  protected number(name: NamesOf<S, 'number'>): number {
    return this.getNumberAttribute(name);
  }

  /** Reference to an attribute that holds texts by name. */
  protected textMap(name: NamesOf<S, 'map'>): Record<string, string> {
    this.maps ??= new Map();
    return remember(this.maps, name, () => this.getStringMapAttribute(name));
  }

  /**
   * The engine resolves it only as far as there is a token in it.
   * @internal
   */
  override toTerraform(): unknown {
    return new WithoutTokens(() => super.toTerraform());
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return attributesFromProps(this.schema, this.props);
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return hclAttributes(this.synthesizeAttributes());
  }
}

/** The engine takes a stack trace for each new reference, which is most of the time of a large synth. */
function remember<T>(known: Map<string, T>, name: string, make: () => T): T {
  const value = known.get(name) ?? make();
  known.set(name, value);
  return value;
}
