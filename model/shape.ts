/**
 * Shapes: the form of a decoded value from outside, written once, from which come its type, its check and its
 * order of keys. A shape is strict: a missing key, a key it does not know and a wrong type are errors.
 *
 *     const point = object({ x: whole(100), y: whole(100) });
 *     type Point = Shaped<typeof point>;
 *     readShape(point, JSON.parse(text), 'bad-point'); // keys in the order x, y
 */
import { NexusError, quote } from './error';
import { compareNames } from './name';

/** Checks a value and returns it anew, its keys in the shape's order. `path` says where it stands. */
export type Shape<T> = (value: unknown, path: string) => T;
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** @throws NexusError of the given code, naming the path of the first wrong value */
export function readShape<T>(shape: Shape<T>, value: unknown, code: string): T {
  try {
    return shape(value, '');
  } catch (error) {
    if (error instanceof NexusError && error.code === shapeCode) throw new NexusError(code, error.message);
    throw error;
  }
}

const shapeCode = 'bad-shape';

function refuse(path: string, value: unknown, expectation: string): never {
  const current = value === undefined ? 'missing' : describe(value);
  throw new NexusError(shapeCode, `Cannot read "${path || 'value'}": ${current}, expected ${expectation}`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const join = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);

/** Text that matches; the pattern also bounds its length. */
export function text<T extends string = string>(pattern: RegExp, expectation: string): Shape<T> {
  return (value, path) =>
    typeof value === 'string' && pattern.test(value) ? (value as T) : refuse(path, value, expectation);
}

/** Any text of at most that many characters. */
export function prose(lengthMax: number): Shape<string> {
  return (value, path) =>
    typeof value === 'string' && value.length <= lengthMax
      ? value
      : refuse(path, value, `at most ${lengthMax} characters`);
}

/** Text that a predicate takes. */
export function parsed<T extends string>(
  isValid: (text: string) => text is T,
  expectation: string,
): Shape<T> {
  return (value, path) =>
    typeof value === 'string' && isValid(value) ? value : refuse(path, value, expectation);
}

/** A value that a function turns into another; undefined from it means that the value is wrong. */
export function converted<T>(convert: (value: unknown) => T | undefined, expectation: string): Shape<T> {
  return (value, path) => convert(value) ?? refuse(path, value, expectation);
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Shape<T> {
  return (value, path) =>
    words.find((word) => word === value) ??
    refuse(path, value, words.map((word) => `"${word}"`).join(' or '));
}

/** A whole number from 0. */
export function whole(max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max
      ? value
      : refuse(path, value, `a whole number up to ${max}`);
}

export const flag: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, value, 'true or false');

export function list<T>(item: Shape<T>, countMax: number): Shape<readonly T[]> {
  return (value, path) =>
    Array.isArray(value) && value.length <= countMax
      ? value.map((element, index) => item(element, join(path, index)))
      : refuse(path, value, `a list of at most ${countMax}`);
}

/** An object used as a map; its keys come out sorted by code unit. */
export function map<T>(key: RegExp, item: Shape<T>, countMax: number): Shape<Readonly<Record<string, T>>> {
  return (value, path) => {
    const entries = Object.entries(plainObject(value, path)).sort(([left], [right]) =>
      compareNames(left, right),
    );
    if (entries.length > countMax) refuse(path, value, `at most ${countMax} keys`);
    const bad = entries.find(([name]) => !key.test(name));
    if (bad !== undefined) refuse(path, bad[0], `keys that match ${key.source}`);
    return Object.fromEntries(entries.map(([name, element]) => [name, item(element, join(path, name))]));
  };
}

const optionalMark = Symbol('optional');
type OptionalShape<T> = Shape<T> & { readonly [optionalMark]: true };

/** A key of an object that may be missing. */
export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return Object.assign(((value, path) => shape(value, path)) satisfies Shape<T>, {
    [optionalMark]: true,
  } as const);
}

type Fields = Readonly<Record<string, Shape<unknown>>>;
type OptionalKeys<F> = { [K in keyof F]: F[K] extends OptionalShape<unknown> ? K : never }[keyof F];
type ObjectOf<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Shaped<F[K]>;
} & { readonly [K in OptionalKeys<F>]?: Shaped<F[K]> | undefined };

/** An object with these keys and no other, in this order. */
export function object<const F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return (value, path) => {
    const source = plainObject(value, path);
    const stranger = Object.keys(source).find((key) => !Object.hasOwn(fields, key));
    if (stranger !== undefined) refuse(join(path, stranger.slice(0, 80)), source[stranger], 'no such key');
    const entries = Object.entries(fields)
      .filter(([key, shape]) => source[key] !== undefined || !(optionalMark in shape))
      .map(([key, shape]) => [key, shape(source[key], join(path, key))]);
    return Object.fromEntries(entries) as ObjectOf<F>;
  };
}

function plainObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  return refuse(path, value, 'an object');
}
