/** Whole schemas: provider, resource, data source, ephemeral and list resource, action, function. Each is checked for contradictions when it is made. */
import type { Attribute, Attributes, BlockRule } from './attribute';
import { checkIdentity, type IdentitySchema } from './identity';
import { isTimeouts } from './timeouts';

export interface ResourceSchema<
  A extends Attributes = Attributes,
  I extends IdentitySchema | undefined = IdentitySchema | undefined,
> {
  /** Name in Terraform with the provider's prefix, e.g. `nexus_cell`. */
  readonly typeName: string;
  /** Raised when the stored state changes its form; see the resource's `upgrade`. */
  readonly version: number;
  readonly description: string;
  /** What to use instead. */
  readonly deprecation?: string;
  readonly attributes: A;
  /** By what the resource is found again. @default none */
  readonly identity?: I;
}

export interface DataSourceSchema<A extends Attributes = Attributes> {
  readonly typeName: string;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: A;
}

/** A value that Terraform opens for one run, keeps nowhere, renews while it is needed and closes. */
export interface EphemeralResourceSchema<A extends Attributes = Attributes> {
  readonly typeName: string;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: A;
}

/** What a `list` block of `terraform query` may say to narrow the search. */
export interface ListResourceSchema<A extends Attributes = Attributes> {
  /** That of the resource which is listed. */
  readonly typeName: string;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: A;
}

/** Something that is done, and leaves nothing in the state. */
export interface ActionSchema<A extends Attributes = Attributes> {
  readonly typeName: string;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: A;
}

export interface ProviderSchema<A extends Attributes = Attributes> {
  readonly description: string;
  readonly attributes: A;
}

export interface FunctionSchema<
  A extends Attributes = Attributes,
  R extends Attribute = Attribute,
  V extends Attributes = Attributes,
> {
  /** Called as `provider::NAME::this(…)`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecation?: string;
  /** In the order of the call. Only type, description and validators count. */
  readonly parameters: A;
  /** One more parameter that takes all further arguments: `{ words: string() }`. @default none */
  readonly variadic?: V;
  readonly returns: R;
}

/** A resource's schema whose identity, where it has one, is known to be there. */
export type DefinedResource<A extends Attributes, I extends IdentitySchema | undefined> = ResourceSchema<
  A,
  I
> & {
  readonly identity: I;
};

export function defineResource<
  const A extends Attributes,
  const I extends IdentitySchema | undefined = undefined,
>(schema: ResourceSchema<A, I>): DefinedResource<A, I> {
  checkAttributes(schema.typeName, schema.attributes, 'allowed');
  const { identity } = schema;
  if (identity !== undefined) checkIdentity(schema.typeName, identity);
  // What I is was inferred from this very property.
  return schema as DefinedResource<A, I>;
}

export function defineEphemeralResource<const A extends Attributes>(
  schema: EphemeralResourceSchema<A>,
): EphemeralResourceSchema<A> {
  checkAttributes(schema.typeName, schema.attributes);
  return schema;
}

export function defineListResource<const A extends Attributes>(
  schema: ListResourceSchema<A>,
): ListResourceSchema<A> {
  checkAttributes(schema.typeName, schema.attributes);
  return schema;
}

export function defineAction<const A extends Attributes>(schema: ActionSchema<A>): ActionSchema<A> {
  checkAttributes(schema.typeName, schema.attributes);
  return schema;
}

export function defineDataSource<const A extends Attributes>(
  schema: DataSourceSchema<A>,
): DataSourceSchema<A> {
  checkAttributes(schema.typeName, schema.attributes);
  return schema;
}

export function defineProvider<const A extends Attributes>(schema: ProviderSchema<A>): ProviderSchema<A> {
  checkAttributes('provider', schema.attributes);
  return schema;
}

export function defineFunction<
  const A extends Attributes,
  R extends Attribute,
  const V extends Attributes = Record<never, never>,
>(schema: FunctionSchema<A, R, V>): FunctionSchema<A, R, V> {
  const { name, parameters, variadic = {} } = schema;
  checkAttributes(name, { ...parameters, ...variadic });
  const names = Object.keys(variadic);
  if (names.length > 1) throw new Error(`Schema of ${name}: only one parameter can be variadic`);
  if (names.some((one) => Object.hasOwn(parameters, one)))
    throw new Error(`Schema of ${name}: two parameters have one name`);
  return schema;
}

const namePattern = /^[a-z][a-z0-9_]*$/;
/** Terraform takes these for itself at the top of a resource. */
const reserved = ['connection', 'count', 'depends_on', 'for_each', 'lifecycle', 'provider', 'provisioner'];

type WriteOnly = 'allowed' | 'refused';

function checkAttributes(path: string, attributes: Attributes, writeOnly: WriteOnly = 'refused'): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    const place = `${path}.${name}`;
    const problems = [...problemsOf(name, attribute), ...writeOnlyProblems(name, attributes, writeOnly)];
    for (const problem of problems) throw new Error(`Schema of ${place}: ${problem}`);
    checkNested(place, attribute, writeOnly, attribute.block !== undefined);
  }
}

function checkNested(place: string, { type }: Attribute, writeOnly: WriteOnly, isBlock: boolean): void {
  if (type.kind === 'object') {
    checkAttributes(place, type.attributes, writeOnly);
    const block = Object.keys(type.attributes).find((name) => type.attributes[name]?.block !== undefined);
    if (block !== undefined && !isBlock)
      throw new Error(`Schema of ${place}.${block}: a block cannot stand inside a nested attribute`);
  } else if ('element' in type)
    checkNested(`${place}[]`, type.element, type.kind === 'set' ? 'refused' : writeOnly, isBlock);
}

/** Terraform cannot match the elements of two sets whose write-only values it does not have. */
function writeOnlyProblems(name: string, attributes: Attributes, writeOnly: WriteOnly): string[] {
  const isWriteOnly = attributes[name]?.trait === 'write-only';
  if (isWriteOnly && writeOnly === 'refused')
    return ['write-only values have a place only in a resource, outside of sets'];
  const twin = name.replace(/_version$/, '');
  return name.endsWith('_wo_version') && attributes[twin]?.trait !== 'write-only'
    ? [`it says when "${twin}" changes, which must be there and write-only`]
    : [];
}

function problemsOf(name: string, attribute: Attribute): string[] {
  const rules: readonly [boolean, string][] = [
    [!namePattern.test(name), 'the name must be lower-case letters, digits and underscores'],
    [reserved.includes(name), 'the name is reserved by Terraform'],
    [isTimeouts(attribute) && name !== 'timeouts', 'a timeouts attribute must be named "timeouts"'],
    [
      attribute.trait === 'write-only' && !['required', 'optional'].includes(attribute.presence),
      'write-only cannot be computed, as it is stored nowhere',
    ],
    [
      attribute.trait === 'nullable' && !attribute.presence.endsWith('computed'),
      'only a computed attribute can be nullable',
    ],
    [
      attribute.keepStateWhenUnknown && !attribute.presence.endsWith('computed'),
      'only a computed attribute can keep its state',
    ],
    [!isRange(attribute.block), 'maxItems must be 0, for no limit, or at least minItems'],
  ];
  return rules.filter(([broken]) => broken).map(([, text]) => text);
}

function isRange(block: BlockRule | undefined): boolean {
  return block === undefined || block.maxItems === 0 || block.maxItems >= block.minItems;
}
