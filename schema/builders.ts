/** Builders of attributes: `name: string({ required: true })`, `nodes: map(object({ host: string() }))`. */
import type {
  Attribute,
  AttributeOptions,
  Attributes,
  BoolType,
  Dynamic,
  DynamicType,
  ListType,
  MapType,
  NumberType,
  ObjectType,
  Presence,
  SetType,
  StringType,
  Trait,
  Validator,
  ValueType,
} from './attribute';
import type { AttributesValue, ElementValue } from './infer';

type NoOptions = Record<never, never>;

type PresenceOf<O> = O extends { readonly required: true }
  ? 'required'
  : O extends { readonly default: unknown }
    ? 'defaulted'
    : O extends { readonly computed: true }
      ? O extends { readonly optional: true }
        ? 'optional-computed'
        : 'computed'
      : 'optional';

type TraitOf<O> = O extends { readonly writeOnly: true }
  ? 'write-only'
  : O extends { readonly nullable: true }
    ? 'nullable'
    : 'plain';

type Built<T extends ValueType, O> = Attribute<T, PresenceOf<O>, TraitOf<O>>;

export function string<const O extends AttributeOptions<string> = NoOptions>(
  options?: O & AttributeOptions<string>,
): Built<StringType, O> {
  return build({ kind: 'string' }, options);
}

export function bool<const O extends AttributeOptions<boolean> = NoOptions>(
  options?: O & AttributeOptions<boolean>,
): Built<BoolType, O> {
  return build({ kind: 'bool' }, options);
}

/** Terraform's numbers are decimal and unbounded; one that a double cannot hold is refused with a diagnostic. */
export function number<const O extends AttributeOptions<number> = NoOptions>(
  options?: O & AttributeOptions<number>,
): Built<NumberType, O> {
  return build({ kind: 'number' }, options);
}

export function dynamic<const O extends AttributeOptions<Dynamic> = NoOptions>(
  options?: O & AttributeOptions<Dynamic>,
): Built<DynamicType, O> {
  return build({ kind: 'dynamic' }, options);
}

/** @param element its type and validators count, its presence does not; a null element is refused */
export function list<
  E extends Attribute,
  const O extends AttributeOptions<readonly ElementValue<E, 'state'>[]> = NoOptions,
>(element: E, options?: O & AttributeOptions<readonly ElementValue<E, 'state'>[]>): Built<ListType<E>, O> {
  return build({ kind: 'list', element }, options);
}

/** @param element as in {@link list} */
export function set<
  E extends Attribute,
  const O extends AttributeOptions<readonly ElementValue<E, 'state'>[]> = NoOptions,
>(element: E, options?: O & AttributeOptions<readonly ElementValue<E, 'state'>[]>): Built<SetType<E>, O> {
  return build({ kind: 'set', element }, options);
}

/** @param element as in {@link list} */
export function map<
  E extends Attribute,
  const O extends AttributeOptions<Readonly<Record<string, ElementValue<E, 'state'>>>> = NoOptions,
>(
  element: E,
  options?: O & AttributeOptions<Readonly<Record<string, ElementValue<E, 'state'>>>>,
): Built<MapType<E>, O> {
  return build({ kind: 'map', element }, options);
}

/** A nested object; inside {@link list}, {@link set} or {@link map} a collection of them. */
export function object<
  const A extends Attributes,
  const O extends AttributeOptions<AttributesValue<A, 'state'>> = NoOptions,
>(attributes: A, options?: O & AttributeOptions<AttributesValue<A, 'state'>>): Built<ObjectType<A>, O> {
  return build({ kind: 'object', attributes }, options);
}

interface AnyOptions extends Omit<AttributeOptions<unknown>, 'validate' | 'sameMeaning'> {
  readonly validate?: readonly Validator[];
  readonly sameMeaning?: ((prior: never, next: never) => boolean) | undefined;
}

function build<T extends ValueType, O extends AnyOptions>(type: T, given: O | undefined): Built<T, O> {
  const options: AnyOptions = given ?? {};
  const attribute: Attribute<T> = {
    type,
    presence: presenceOf(options),
    trait: traitOf(options),
    description: options.description ?? '',
    sensitive: options.sensitive ?? false,
    deprecation: options.deprecation ?? '',
    default: options.default,
    validate: options.validate ?? [],
    forcesReplacement: options.forcesReplacement ?? false,
    keepStateWhenUnknown: options.keepStateWhenUnknown ?? false,
    sameMeaning: options.sameMeaning,
  };
  // presenceOf and traitOf are PresenceOf and TraitOf in values; TypeScript cannot see that they agree.
  return attribute as Built<T, O>;
}

function presenceOf(options: AnyOptions): Presence {
  if (options.required === true) return 'required';
  if (options.default !== undefined) return 'defaulted';
  if (options.computed === true) return options.optional === true ? 'optional-computed' : 'computed';
  return 'optional';
}

function traitOf(options: AnyOptions): Trait {
  if (options.writeOnly === true) return 'write-only';
  return options.nullable === true ? 'nullable' : 'plain';
}
