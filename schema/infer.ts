/**
 * The TypeScript types that follow from a schema value. One attribute has several, after the stage it is seen in:
 *
 * | stage     | required    | optional           | computed           | default     |
 * |-----------|-------------|--------------------|--------------------|-------------|
 * | `config`  | V, Unknown  | V, Unknown, null   | null               | as optional |
 * | `applied` | V           | V, null            | null               | as optional |
 * | `plan`    | V, Unknown  | V, Unknown, null   | V, Unknown, null   | V, Unknown  |
 * | `planned` | V           | V, null            | V, Unknown, null   | V           |
 * | `state`   | V           | V, null            | V (null: nullable) | V           |
 * | `prior`   | V           | V, null            | V, null            | V           |
 *
 * `config` is seen while planning, `applied` is the same once everything is known. `planned` is the plan as apply
 * gets it. `prior` is a state that was read back: an apply that failed half way leaves computed values null.
 * A list, set or map of blocks is V in all of them, unknown too in `config` and `plan`; without blocks it is empty.
 * A write-only attribute is null everywhere but in `config` and `applied`.
 */
import type { Attributes, Dynamic, ValueType } from './attribute';
import type { Unknown } from './unknown';

export type Stage = 'config' | 'applied' | 'plan' | 'planned' | 'state' | 'prior';

/** What may be unknown in this stage wherever it stands. */
type Maybe<S extends Stage> = S extends 'config' | 'plan' ? Unknown : never;

/**
 * A known value of a type; what is inside it may be unknown where the stage allows. Chosen by `kind` and without
 * constraints on what is inside: comparing whole attribute types with one another is too deep for the compiler.
 */
export type Value<T, S extends Stage> =
  Kind extends KindOf<T>
    ? unknown
    : T extends { readonly kind: infer K extends Kind }
      ? ByKind<T, S>[K]
      : never;

type Kind = ValueType['kind'];
/** All kinds at once are the type of no attribute in particular, and would be unfolded without end. */
type KindOf<T> = T extends { readonly kind: infer K } ? K : never;

interface ByKind<T, S extends Stage> {
  string: string;
  bool: boolean;
  number: number;
  dynamic: Dynamic;
  list: T extends { readonly element: infer E } ? readonly ElementValue<E, S>[] : never;
  set: T extends { readonly element: infer E } ? readonly ElementValue<E, S>[] : never;
  map: T extends { readonly element: infer E } ? Readonly<Record<string, ElementValue<E, S>>> : never;
  object: T extends { readonly attributes: infer A } ? AttributesValue<A, S> : never;
}

export type ElementValue<E, S extends Stage> = E extends { readonly type: infer T }
  ? Value<T, S> | Maybe<S>
  : never;

export type AttributesValue<A, S extends Stage> = { readonly [K in keyof A]: AttributeValue<A[K], S> };

type AttributeValue<A, S extends Stage> = A extends {
  readonly type: infer T;
  readonly presence: infer P;
  readonly trait: infer F;
}
  ? S extends 'config' | 'applied'
    ? Given<T, P, S>
    : F extends 'write-only'
      ? null
      : P extends 'required' | 'defaulted' | 'block'
        ? Value<T, S> | Maybe<S>
        : P extends 'optional'
          ? Value<T, S> | Maybe<S> | null
          : Computed<T, F, S>
  : never;

type Given<T, P, S extends Stage> = P extends 'computed'
  ? null
  : Value<T, S> | Maybe<S> | (P extends 'required' | 'block' ? never : null);

type Computed<T, F, S extends Stage> = S extends 'state'
  ? Value<T, S> | (F extends 'nullable' ? null : never)
  : S extends 'prior'
    ? Value<T, S> | null
    : Value<T, 'plan'> | Unknown | null;

/** Anything that has attributes: a resource, data source or provider schema. */
export interface HasAttributes {
  readonly attributes: Attributes;
}

/** The configuration while planning: whatever depends on another resource may be unknown. */
export type ConfigOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'config'>;
/** The configuration during apply, where all of it is known, write-only values included. */
export type AppliedConfigOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'applied'>;
/** A planned state while it is being made. */
export type PlanOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'plan'>;
/** The planned state as apply gets it: only computed values may still be unknown. */
export type PlannedOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'planned'>;
/** A complete state, as create, update and read return it. */
export type StateOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'state'>;
/** A state that was read back. Computed values are null where an earlier apply failed half way. */
export type PriorOf<S extends HasAttributes> = AttributesValue<S['attributes'], 'prior'>;

type MustImport<A extends Attributes> = {
  [K in keyof A]: A[K]['presence'] extends 'required'
    ? A[K]['trait'] extends 'write-only'
      ? never
      : K
    : never;
}[keyof A];

/** What an import must find: the required attributes; the next read fills the others in. */
export type ImportOf<S extends HasAttributes> = Pick<PriorOf<S>, MustImport<S['attributes']>> &
  Partial<PriorOf<S>>;
