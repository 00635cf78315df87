/** Protocol messages `Schema`, `ResourceIdentitySchema` and `Function`, from schema values. */
import type {
  Attribute,
  Attributes,
  FunctionSchema,
  IdentitySchema,
  ObjectType,
  ValueType,
} from '../../../schema';
import { typeBytes } from './type-json';

/** Enum `StringKind`. */
const MARKDOWN = 1;
/** Enum `Schema.Object.NestingMode`. */
const nesting = { object: 1, list: 2, set: 3, map: 4 } as const;

export interface SchemaParts {
  readonly version?: number;
  readonly description: string;
  readonly deprecation?: string;
  readonly attributes: Attributes;
}

export function schemaMessage(schema: SchemaParts): object {
  const version = schema.version ?? 0;
  return {
    version,
    block: {
      version,
      ...blockFields(schema.attributes),
      description: schema.description,
      description_kind: MARKDOWN,
      ...deprecationFields(schema.deprecation),
    },
  };
}

function deprecationFields(deprecation: string | undefined): object {
  return deprecation === undefined || deprecation === ''
    ? {}
    : { deprecated: true, deprecation_message: deprecation };
}

/** Attributes and nested blocks, which the protocol lists apart. */
function blockFields(attributes: Attributes): object {
  const entries = Object.entries(attributes);
  return {
    attributes: attributeMessages(
      Object.fromEntries(entries.filter(([, attribute]) => attribute.block === undefined)),
    ),
    block_types: entries.flatMap(([name, attribute]) =>
      attribute.block === undefined ? [] : [blockMessage(name, attribute)],
    ),
  };
}

function blockMessage(name: string, { type, block, description, deprecation }: Attribute): object {
  // Terraform takes limits of a map from no one; those are checked here (plan/validate.ts).
  const limits =
    type.kind === 'map' ? {} : { min_items: block?.minItems ?? 0, max_items: block?.maxItems ?? 0 };
  return {
    type_name: name,
    nesting: nesting[type.kind as keyof typeof nesting],
    ...limits,
    block: {
      ...blockFields(nestedObject(type)?.attributes ?? {}),
      description,
      description_kind: MARKDOWN,
      ...deprecationFields(deprecation),
    },
  };
}

export function identitySchemaMessage({ version = 0, attributes }: IdentitySchema): object {
  return {
    version,
    identity_attributes: Object.entries(attributes).map(([name, { type, presence, description }]) => ({
      name,
      type: typeBytes(type),
      required_for_import: presence === 'required',
      optional_for_import: presence !== 'required',
      description,
    })),
  };
}

function attributeMessages(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([name, attribute]) => attributeMessage(name, attribute));
}

function attributeMessage(name: string, attribute: Attribute): object {
  const { presence } = attribute;
  return {
    name,
    ...typeFields(attribute.type),
    description: attribute.description,
    description_kind: MARKDOWN,
    required: presence === 'required',
    optional: presence === 'optional' || presence === 'optional-computed' || presence === 'defaulted',
    computed: presence !== 'required' && presence !== 'optional',
    sensitive: attribute.sensitive,
    write_only: attribute.trait === 'write-only',
    ...deprecationFields(attribute.deprecation),
  };
}

/** A nested object keeps the rules of its attributes; deeper inside collections it is a plain type. */
function typeFields(type: ValueType): object {
  const object = nestedObject(type);
  if (object === undefined) return { type: typeBytes(type) };
  const mode = nesting[type.kind as keyof typeof nesting];
  return { nested_type: { attributes: attributeMessages(object.attributes), nesting: mode } };
}

/** The object of a nested attribute: the type itself, or the element of its collection. */
export function nestedObject(type: ValueType): ObjectType | undefined {
  if (type.kind === 'object') return type;
  return 'element' in type && type.element.type.kind === 'object' ? type.element.type : undefined;
}

export function functionMessage(schema: FunctionSchema): object {
  const [variadic] = parameterMessages(schema.variadic ?? {});
  return {
    parameters: parameterMessages(schema.parameters),
    ...(variadic === undefined ? {} : { variadic_parameter: variadic }),
    return: { type: typeBytes(schema.returns.type) },
    summary: schema.summary,
    description: schema.description,
    description_kind: MARKDOWN,
    deprecation_message: schema.deprecation ?? '',
  };
}

function parameterMessages(parameters: Attributes): object[] {
  return Object.entries(parameters).map(([name, { type, description }]) => ({
    name,
    type: typeBytes(type),
    description,
    description_kind: MARKDOWN,
  }));
}
