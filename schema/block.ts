/**
 * Nested blocks, Terraform's older form of nested attributes: `rule { port = 80 }` in place of `rules = [{ port = 80 }]`.
 * A value of blocks looks like one of nested attributes, so that types, plans and handlers treat both the same.
 * Blocks stand at the top or inside other blocks, not inside nested attributes, which Terraform does not allow.
 */
import type { Attribute, Attributes, BlockRule, ListType, MapType, ObjectType, SetType } from './attribute';
import { list, map, object, set } from './builders';

export interface BlockOptions {
  readonly description?: string;
  readonly deprecation?: string;
  /** @default false */
  readonly forcesReplacement?: boolean;
}

export interface BlocksOptions extends BlockOptions {
  /** @default 0 */
  readonly minItems?: number;
  /** @default no limit */
  readonly maxItems?: number;
}

type Content<A extends Attributes> = Attribute<ObjectType<A>, 'optional', 'plain'>;
type Single<A extends Attributes, P extends 'required' | 'optional'> = Attribute<ObjectType<A>, P, 'plain'>;

/** At most one block; its value is an object, null where there is none. */
export function singleBlock<const A extends Attributes, const R extends boolean = false>(
  attributes: A,
  options: BlockOptions & { readonly required?: R } = {},
): Single<A, R extends true ? 'required' : 'optional'> {
  const count = options.required === true ? 1 : 0;
  const made = object(attributes, { ...shared(options), required: options.required === true });
  // The presence follows from `required`, which TypeScript cannot see through the parameter R.
  return { ...made, block: { minItems: count, maxItems: count } } as unknown as Single<
    A,
    R extends true ? 'required' : 'optional'
  >;
}

/** Blocks in the order of the configuration. */
export function listBlock<const A extends Attributes>(
  attributes: A,
  options: BlocksOptions = {},
): Attribute<ListType<Content<A>>, 'block', 'plain'> {
  return { ...list(contentOf(attributes), shared(options)), ...blocks(options, []) };
}

/** Blocks in no order, each different from the others. */
export function setBlock<const A extends Attributes>(
  attributes: A,
  options: BlocksOptions = {},
): Attribute<SetType<Content<A>>, 'block', 'plain'> {
  return { ...set(contentOf(attributes), shared(options)), ...blocks(options, []) };
}

/** Blocks by their label: `node "n1" { … }`. */
export function mapBlock<const A extends Attributes>(
  attributes: A,
  options: BlocksOptions = {},
): Attribute<MapType<Content<A>>, 'block', 'plain'> {
  return { ...map(contentOf(attributes), shared(options)), ...blocks(options, {}) };
}

function contentOf<A extends Attributes>(attributes: A): Content<A> {
  return { ...object(attributes), presence: 'optional', trait: 'plain' };
}

/** What an attribute has too. */
function shared({ description = '', deprecation = '', forcesReplacement = false }: BlockOptions): Shared {
  return { description, deprecation, forcesReplacement };
}

type Shared = Required<BlockOptions>;

interface Blocks {
  readonly presence: 'block';
  readonly trait: 'plain';
  readonly default: unknown;
  readonly block: BlockRule;
}

function blocks({ minItems = 0, maxItems = 0 }: BlocksOptions, none: unknown): Blocks {
  return { presence: 'block', trait: 'plain', default: none, block: { minItems, maxItems } };
}
