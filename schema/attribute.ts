/**
 * An attribute as data: its type, who sets it (Terraform's required, optional, computed), and its rules.
 * Made by the builders in `builders.ts`; read by the plugin server, the constructs and the reference pages.
 */

export interface StringType {
  readonly kind: 'string';
}
export interface BoolType {
  readonly kind: 'bool';
}
export interface NumberType {
  readonly kind: 'number';
}
/** A value whose type is found out at run time; see {@link Dynamic}. */
export interface DynamicType {
  readonly kind: 'dynamic';
}
export interface ListType<E extends Attribute = Attribute> {
  readonly kind: 'list';
  readonly element: E;
}
/** Elements are unequal and in no order; in TypeScript a sorted array. */
export interface SetType<E extends Attribute = Attribute> {
  readonly kind: 'set';
  readonly element: E;
}
export interface MapType<E extends Attribute = Attribute> {
  readonly kind: 'map';
  readonly element: E;
}
export interface ObjectType<A extends Attributes = Attributes> {
  readonly kind: 'object';
  readonly attributes: A;
}

export type ValueType =
  | StringType
  | BoolType
  | NumberType
  | DynamicType
  | ListType
  | SetType
  | MapType
  | ObjectType;

/** A dynamic value with Terraform's own JSON spelling of its type, e.g. `"string"` or `["list","number"]`. */
export interface Dynamic {
  readonly type: unknown;
  readonly value: unknown;
}

/**
 * Who sets the attribute. `defaulted` is optional and computed, with a value of its own when the user gives none;
 * `block` is a list, set or map of nested blocks, which is empty and never null where the user writes none.
 */
export type Presence = 'required' | 'optional' | 'computed' | 'optional-computed' | 'defaulted' | 'block';

/** `write-only` never reaches plan or state; `nullable` is a computed attribute that may stay null after apply. */
export type Trait = 'plain' | 'write-only' | 'nullable';

/** A rule on one value. Not asked for null or unknown values. */
export interface Validator<V = unknown> {
  /** For the reference page: `one of "running", "stopped"`. */
  readonly description: string;
  /** What is wrong with the value, in the form `current state, required state`; undefined if nothing is. */
  check(value: V): string | undefined;
}

/** Whether a change of this attribute replaces the resource. Asked only if prior and planned differ. */
export interface ReplacementCondition<V = unknown> {
  readonly description: string;
  holds(change: { readonly prior: V | null; readonly planned: V | null }): boolean;
}

/** How many blocks a configuration may have; a maximum of 0 is none. */
export interface BlockRule {
  readonly minItems: number;
  readonly maxItems: number;
}

export interface Attribute<
  T extends ValueType = ValueType,
  P extends Presence = Presence,
  F extends Trait = Trait,
> {
  readonly type: T;
  readonly presence: P;
  readonly trait: F;
  readonly description: string;
  readonly sensitive: boolean;
  /** What to use instead; Terraform warns with it. Empty: not deprecated. */
  readonly deprecation: string;
  /** Where it stands: written as nested blocks `name { … }`, not as an attribute `name = …`; see `block.ts`. */
  readonly block?: BlockRule | undefined;
  /** Only where presence is `defaulted` or `block`. */
  readonly default: unknown;
  readonly validate: readonly Validator[];
  readonly forcesReplacement: boolean | ReplacementCondition;
  /** A computed value that the plan takes from the prior state instead of calling it unknown. */
  readonly keepStateWhenUnknown: boolean;
  /** Where two spellings mean the same, the prior one stays in plan and state, so that they are no difference. */
  readonly sameMeaning: ((prior: never, next: never) => boolean) | undefined;
}

export type Attributes = { readonly [name: string]: Attribute };

export interface AttributeOptions<V> {
  /** One sentence or two for the reference page. Markdown. */
  readonly description?: string;
  readonly required?: boolean;
  /** @default true where none of required, computed and default is given */
  readonly optional?: boolean;
  readonly computed?: boolean;
  /** Value where the user gives none. Makes the attribute optional and computed. */
  readonly default?: V;
  /** A computed attribute that may stay null after apply. @default false */
  readonly nullable?: boolean;
  /** Terraform hides the value in its output. It still stands in the state. @default false */
  readonly sensitive?: boolean;
  /** The value is handed to create and update (`ctx.config`) and stored nowhere. @default false */
  readonly writeOnly?: boolean;
  readonly deprecation?: string;
  readonly validate?: readonly Validator<V>[];
  /** @default false */
  readonly forcesReplacement?: boolean | ReplacementCondition<V>;
  /** @default false */
  readonly keepStateWhenUnknown?: boolean;
  readonly sameMeaning?: (prior: V, next: V) => boolean;
}
