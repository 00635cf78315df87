/**
 * The props of a construct, from the same schema: camelCase names, what is computed left out, unset means undefined.
 * `stack_bytes: number({ default: 4096 })` is `readonly stackBytes?: number`.
 */
import type { Attribute } from './attribute';
import type { HasAttributes } from './infer';

/** `stack_bytes` is `stackBytes`. */
export type CamelCase<N extends string> = N extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : N;

/**
 * Props of a construct.
 * @typeParam Token what may stand in place of a value, e.g. cdktf's `IResolvable`; @default never
 */
export type PropsOf<S extends HasAttributes, Token = never> = PropsOfAttributes<S['attributes'], Token>;

type PropsOfAttributes<A, Token> = {
  readonly [K in keyof A as Named<A, K, 'required'>]: PropValue<A[K], Token>;
} & {
  readonly [K in keyof A as Named<A, K, 'optional' | 'defaulted' | 'optional-computed' | 'block'>]?:
    | PropValue<A[K], Token>
    | undefined;
};

type Named<A, K extends keyof A, P> = A[K] extends { readonly presence: P } ? CamelCase<K & string> : never;

/** By kind, for the reason given at `Value`. */
type PropValue<A, Token> = A extends { readonly type: infer T }
  ? T extends { readonly kind: infer K extends keyof ByKind<T, Token> }
    ? Token | ByKind<T, Token>[K]
    : never
  : never;

interface ByKind<T, Token> {
  string: string;
  bool: boolean;
  number: number;
  dynamic: unknown;
  list: T extends { readonly element: infer E } ? readonly PropValue<E, Token>[] : never;
  set: T extends { readonly element: infer E } ? readonly PropValue<E, Token>[] : never;
  map: T extends { readonly element: infer E } ? Readonly<Record<string, PropValue<E, Token>>> : never;
  object: T extends { readonly attributes: infer A } ? PropsOfAttributes<A, Token> : never;
}

/** `stack_bytes` gives `stackBytes`. */
export function camelCase<N extends string>(name: N): CamelCase<N> {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<N>;
}

/**
 * Props under Terraform's names, in the schema's order, without what is undefined. Anything that is not a plain
 * array or object where one is expected (a token) is passed on as it is.
 */
export function attributesFromProps(schema: HasAttributes, props: object): Record<string, unknown> {
  const given = props as Readonly<Record<string, unknown>>;
  const attributes: Record<string, unknown> = {};
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    const value = given[camelCase(name)];
    if (value !== undefined) attributes[name] = fromProp(attribute, value);
  }
  return attributes;
}

function fromProp({ type }: Attribute, value: unknown): unknown {
  if (type.kind === 'object') return isPlain(value) ? attributesFromProps(type, value) : value;
  if (type.kind === 'list' || type.kind === 'set')
    return Array.isArray(value) ? value.map((element) => fromProp(type.element, element)) : value;
  if (type.kind !== 'map' || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, element]) => [key, fromProp(type.element, element)]),
  );
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
