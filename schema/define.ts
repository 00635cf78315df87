/** Whole schemas: provider, resource, data source, function. Each is checked for contradictions when it is made. */
import type { Attribute, Attributes } from './attribute';
import { isTimeouts } from './timeouts';

export interface ResourceSchema<A extends Attributes = Attributes> {
  /** Name in Terraform with the provider's prefix, e.g. `nexus_cell`. */
  readonly typeName: string;
  /** Raised when the stored state changes its form; see the resource's `upgrade`. */
  readonly version: number;
  readonly description: string;
  /** What to use instead. */
  readonly deprecation?: string;
  readonly attributes: A;
}

export interface DataSourceSchema<A extends Attributes = Attributes> {
  readonly typeName: string;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: A;
}

export interface ProviderSchema<A extends Attributes = Attributes> {
  readonly description: string;
  readonly attributes: A;
}

export interface FunctionSchema<A extends Attributes = Attributes, R extends Attribute = Attribute> {
  /** Called as `provider::NAME::this(…)`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecation?: string;
  /** In the order of the call. Only type, description and validators count. */
  readonly parameters: A;
  readonly returns: R;
}

export function defineResource<const A extends Attributes>(schema: ResourceSchema<A>): ResourceSchema<A> {
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

export function defineFunction<const A extends Attributes, R extends Attribute>(
  schema: FunctionSchema<A, R>,
): FunctionSchema<A, R> {
  checkAttributes(schema.name, schema.parameters);
  return schema;
}

const namePattern = /^[a-z][a-z0-9_]*$/;
/** Terraform takes these for itself at the top of a resource. */
const reserved = ['connection', 'count', 'depends_on', 'for_each', 'lifecycle', 'provider', 'provisioner'];

function checkAttributes(path: string, attributes: Attributes): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    const place = `${path}.${name}`;
    for (const problem of problemsOf(name, attribute)) throw new Error(`Schema of ${place}: ${problem}`);
    checkNested(place, attribute);
  }
}

function checkNested(place: string, { type }: Attribute): void {
  if (type.kind === 'object') checkAttributes(place, type.attributes);
  else if ('element' in type) checkNested(`${place}[]`, type.element);
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
  ];
  return rules.filter(([broken]) => broken).map(([, text]) => text);
}
