/** Ready validators. Each names what it wants in its description, which the reference page prints. */
import type { Validator } from './attribute';
import { parseDuration } from './duration';

export function oneOf(...allowed: readonly string[]): Validator<string> {
  const names = allowed.map((name) => JSON.stringify(name)).join(', ');
  return {
    description: `one of ${names}`,
    check: (value) => (allowed.includes(value) ? undefined : `unknown value, expected one of ${names}`),
  };
}

/** @param meaning what the pattern stands for, e.g. `a name of lower-case letters, digits and dashes` */
export function matches(pattern: RegExp, meaning: string): Validator<string> {
  return {
    description: meaning,
    check: (value) => (pattern.test(value) ? undefined : `expected ${meaning}`),
  };
}

/** Length of a text in UTF-16 units, or count of a collection's elements. */
export function lengthBetween(minimum: number, maximum: number): Validator<{ readonly length: number }> {
  return {
    description: `length between ${minimum} and ${maximum}`,
    check: ({ length }) =>
      length >= minimum && length <= maximum
        ? undefined
        : `its length is ${length}, expected ${minimum} to ${maximum}`,
  };
}

/** Count of a map's entries. */
export function sizeBetween(minimum: number, maximum: number): Validator<Readonly<Record<string, unknown>>> {
  const { description, check } = lengthBetween(minimum, maximum);
  return { description, check: (value) => check(Object.keys(value)) };
}

export function numberBetween(minimum: number, maximum: number): Validator<number> {
  return {
    description: `between ${minimum} and ${maximum}`,
    check: (value) =>
      value >= minimum && value <= maximum ? undefined : `${value}, expected ${minimum} to ${maximum}`,
  };
}

export function wholeNumber(minimum: number, maximum: number): Validator<number> {
  const range = numberBetween(minimum, maximum);
  return {
    description: `a whole number ${range.description}`,
    check: (value) =>
      Number.isInteger(value) ? range.check(value) : `${value}, expected a whole number ${range.description}`,
  };
}

/** A duration such as `90s` or `1h30m`. */
export function duration(): Validator<string> {
  return {
    description: 'a duration such as `30s` or `1h30m`',
    check: (value) =>
      parseDuration(value) === undefined
        ? 'not a duration, expected one such as "30s" or "1h30m"'
        : undefined,
  };
}
