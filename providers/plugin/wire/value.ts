/**
 * Typed values of a schema from and to raw values (`msgpack.ts`, or parsed JSON): the door at which bytes from
 * Terraform are checked once. Behind it every attribute of the schema is there and of its type.
 */
import { type Attributes, isUnknown, type ValueType } from '../../../schema';
import type { Path } from '../path';
import { formatDynamic, parseDynamic } from './dynamic';
import { formatNumber, parseNumber } from './number';

/** A resource, configuration or nested object: attribute name to value. */
export type Values = Readonly<Record<string, unknown>>;

export interface ParseOptions {
  /** Called for each thing that is wrong; the value there becomes null. */
  readonly problem: (message: string, path: Path) => void;
  /** What an older version stored and this schema lacks is dropped without a word. @default false */
  readonly ignoreUnknownAttributes?: boolean;
}

/** The attributes of an object; undefined if the raw value is none. Inverse of {@link formatAttributes}. */
export function parseAttributes(
  attributes: Attributes,
  raw: unknown,
  options: ParseOptions,
  path: Path = [],
): Values | undefined {
  if (!isRecord(raw)) {
    options.problem(`${describe(raw)}, expected an object`, path);
    return undefined;
  }
  if (options.ignoreUnknownAttributes !== true) refuseUnknown(attributes, raw, options, path);
  const values: Record<string, unknown> = {};
  for (const [name, { type }] of Object.entries(attributes))
    values[name] = parseValue(type, Object.hasOwn(raw, name) ? raw[name] : null, options, [...path, name]);
  return values;
}

function refuseUnknown(attributes: Attributes, raw: Values, options: ParseOptions, path: Path): void {
  for (const name of Object.keys(raw))
    if (!Object.hasOwn(attributes, name)) options.problem(`no attribute ${JSON.stringify(name)} here`, path);
}

/** Null and unknown pass for every type. */
export function parseValue(type: ValueType, raw: unknown, options: ParseOptions, path: Path): unknown {
  if (raw === null || raw === undefined) return null;
  if (isUnknown(raw)) return raw;
  const wrong = (expected: string): null => {
    options.problem(`${describe(raw)}, expected ${expected}`, path);
    return null;
  };
  switch (type.kind) {
    case 'string':
      return typeof raw === 'string' ? raw : wrong('a string');
    case 'bool':
      return typeof raw === 'boolean' ? raw : wrong('true or false');
    case 'number':
      return parseNumber(raw) ?? wrong('a number of at most 15 significant digits');
    case 'dynamic':
      return parseDynamic(raw) ?? wrong('a value with its type');
    case 'list':
    case 'set':
      return Array.isArray(raw) ? parseElements(type.element.type, raw, options, path) : wrong('a list');
    case 'map':
      return isRecord(raw) ? parseEntries(type.element.type, raw, options, path) : wrong('a map');
    case 'object':
      return parseAttributes(type.attributes, raw, options, path) ?? null;
  }
}

function parseElements(type: ValueType, raw: unknown[], options: ParseOptions, path: Path): unknown[] {
  return raw.map((element, index) => parseElement(type, element, options, [...path, index]));
}

function parseEntries(type: ValueType, raw: Values, options: ParseOptions, path: Path): Values {
  const entries = Object.entries(raw);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, parseElement(type, value, options, [...path, key])]),
  );
}

/** Handlers get elements without null among them, so that `readonly string[]` says the truth. */
function parseElement(type: ValueType, raw: unknown, options: ParseOptions, path: Path): unknown {
  if (raw === null || raw === undefined) options.problem('null, expected a value', path);
  return parseValue(type, raw, options, path);
}

export function formatAttributes(attributes: Attributes, values: Values): Values {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { type }]) => [name, formatValue(type, values[name])]),
  );
}

/** @throws TypeError where a handler without types returned something of another type */
export function formatValue(type: ValueType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (isUnknown(value)) return value;
  switch (type.kind) {
    case 'string':
    case 'bool':
      return checked(value, type.kind === 'bool' ? 'boolean' : 'string');
    case 'number':
      return formatNumber(checked(value, 'number') as number);
    case 'dynamic':
      return formatDynamic(value);
    case 'list':
    case 'set':
      return arrayOf(value).map((element) => formatValue(type.element.type, element));
    case 'map':
      return Object.fromEntries(
        Object.entries(recordOf(value)).map(([key, element]) => [
          key,
          formatValue(type.element.type, element),
        ]),
      );
    case 'object':
      return formatAttributes(type.attributes, recordOf(value));
  }
}

function checked(value: unknown, expected: 'string' | 'boolean' | 'number'): unknown {
  if (typeof value === expected && (expected !== 'number' || Number.isFinite(value))) return value;
  throw new TypeError(`The provider returned ${describe(value)}, expected ${expected}`);
}

function arrayOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`The provider returned ${describe(value)}, expected an array`);
}

function recordOf(value: unknown): Values {
  if (isRecord(value)) return value;
  throw new TypeError(`The provider returned ${describe(value)}, expected an object`);
}

export function isRecord(value: unknown): value is Values {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** Kind of a value, and the value itself where it is a number: texts may be secret. */
function describe(raw: unknown): string {
  if (typeof raw === 'number' || typeof raw === 'bigint') return `${raw}`;
  if (raw === null) return 'null';
  if (isUnknown(raw)) return 'an unknown value';
  if (Array.isArray(raw)) return 'a list';
  return raw instanceof Uint8Array ? 'bytes' : `a value of type ${typeof raw}`;
}
