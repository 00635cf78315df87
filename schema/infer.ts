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
 * A write-only attribute is null everywhere but in `config` and `applied`.
 */
import type {
  Attribute,
  Attributes,
  BoolType,
  Dynamic,
  DynamicType,
  ListType,
  MapType,
  NumberType,
  ObjectType,
  SetType,
  StringType,
  ValueType,
} from './attribute';
import type { Unknown } from './unknown';

export type Stage = 'config' | 'applied' | 'plan' | 'planned' | 'state' | 'prior';

/** What may be unknown in this stage wherever it stands. */
type Maybe<S extends Stage> = S extends 'config' | 'plan' ? Unknown : never;

/** A known value of a type; what is inside it may be unknown where the stage allows. */
export type Value<T extends ValueType, S extends Stage> = T extends StringType
  ? string
  : T extends BoolType
    ? boolean
    : T extends NumberType
      ? number
      : T extends DynamicType
        ? Dynamic
        : T extends ListType<infer E> | SetType<infer E>
          ? readonly ElementValue<E, S>[]
          : T extends MapType<infer E>
            ? Readonly<Record<string, ElementValue<E, S>>>
            : T extends ObjectType<infer A>
              ? AttributesValue<A, S>
              : never;

export type ElementValue<E extends Attribute, S extends Stage> = Value<E['type'], S> | Maybe<S>;

export type AttributesValue<A extends Attributes, S extends Stage> = {
  readonly [K in keyof A]: AttributeValue<A[K], S>;
};

type AttributeValue<A extends Attribute, S extends Stage> = A['trait'] extends 'write-only'
  ? S extends 'config' | 'applied'
    ? Given<A, S>
    : null
  : S extends 'config' | 'applied'
    ? Given<A, S>
    : A['presence'] extends 'required' | 'defaulted'
      ? Value<A['type'], S> | Maybe<S>
      : A['presence'] extends 'optional'
        ? Value<A['type'], S> | Maybe<S> | null
        : Computed<A, S>;

type Given<A extends Attribute, S extends Stage> = A['presence'] extends 'computed'
  ? null
  : Value<A['type'], S> | Maybe<S> | (A['presence'] extends 'required' ? never : null);

type Computed<A extends Attribute, S extends Stage> = S extends 'state'
  ? Value<A['type'], S> | (A['trait'] extends 'nullable' ? null : never)
  : S extends 'prior'
    ? Value<A['type'], S> | null
    : Value<A['type'], 'plan'> | Unknown | null;

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
