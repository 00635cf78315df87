/**
 * Walks a planned state beside its configuration and prior state, through nested objects. Elements of a list are
 * matched by index, of a map by key. Elements of a set have no counterpart: there the planned element stands for its
 * own configuration (what is null was not given) and has no prior.
 */
import { type Attribute, type Attributes, isUnknown, type ValueType } from '../../../schema';
import type { Path } from '../path';
import { isRecord, type Values } from '../wire/value';

/** The same place in the three trees. Null: not given, or not there before. */
export interface Triple {
  readonly planned: unknown;
  readonly config: unknown;
  readonly prior: unknown;
}

/** Gives the planned value its new form; nested attributes are visited after it, inside what it returned. */
export type Visit = (attribute: Attribute, triple: Triple, path: Path) => unknown;

export function walkPlan(attributes: Attributes, triple: Triple, visit: Visit, path: Path = []): Values {
  const [planned, config, prior] = [triple.planned, triple.config, triple.prior].map(valuesOf);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => {
      const here = { planned: at(planned, name), config: at(config, name), prior: at(prior, name) };
      const place = [...path, name];
      const value = visit(attribute, here, place);
      return [name, walkInside(attribute.type, { ...here, planned: value }, visit, place)];
    }),
  );
}

function walkInside(type: ValueType, triple: Triple, visit: Visit, path: Path): unknown {
  const { planned } = triple;
  if (planned === null || planned === undefined || isUnknown(planned)) return planned;
  if (type.kind === 'object') return walkPlan(type.attributes, triple, visit, path);
  if (!('element' in type) || type.element.type.kind !== 'object') return planned;
  const inside = (key: string | number): unknown =>
    walkInside(type.element.type, counterpart(type, triple, key), visit, [...path, key]);
  if (Array.isArray(planned)) return planned.map((_, index) => inside(index));
  return Object.fromEntries(Object.keys(valuesOf(planned)).map((key) => [key, inside(key)]));
}

function counterpart(type: ValueType, { planned, config, prior }: Triple, key: string | number): Triple {
  const element = at(planned, key);
  if (type.kind === 'set') return { planned: element, config: element, prior: null };
  return { planned: element, config: at(config, key), prior: at(prior, key) };
}

function at(container: unknown, key: string | number): unknown {
  if (Array.isArray(container)) return container[Number(key)] ?? null;
  return isRecord(container) && Object.hasOwn(container, key) ? container[key] : null;
}

function valuesOf(value: unknown): Values {
  return isRecord(value) && !isUnknown(value) ? value : {};
}

/** True if nothing in it is unknown. */
export function isWhollyKnown(value: unknown): boolean {
  if (isUnknown(value)) return false;
  if (Array.isArray(value)) return value.every(isWhollyKnown);
  return !isRecord(value) || Object.values(value).every(isWhollyKnown);
}

/** The value with null in place of all that is unknown. */
export function unknownAsNull(value: unknown): unknown {
  if (isUnknown(value)) return null;
  if (Array.isArray(value)) return value.map(unknownAsNull);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unknownAsNull(inner)]));
}
