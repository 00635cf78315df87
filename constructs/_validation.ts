/**
 * Validation at synth: every construct collects its problems as texts, the engine puts `[construct/path]` before
 * each and throws all of them once.
 */
import { formatError } from '../model';
import { type Attribute, camelCase, type HasAttributes, type Validator } from '../schema';
import { Token } from './_engine';

/** Runs each check; the message and the hint of each that throws. */
export function collectProblems(...checks: readonly (() => unknown)[]): string[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      return [formatError(error)];
    }
  });
}

/** What the schema's validators say of props. What Terraform knows only later (a token) is not asked about. */
export function findPropProblems(schema: HasAttributes, props: object, prefix = ''): string[] {
  const given = props as Readonly<Record<string, unknown>>;
  return Object.entries(schema.attributes).flatMap(([name, attribute]) => {
    const prop = camelCase(name);
    return findProblems(attribute, given[prop], `${prefix}${prop}`);
  });
}

function findProblems(attribute: Attribute, value: unknown, path: string): string[] {
  if (value === undefined || value === null)
    return attribute.presence === 'required'
      ? [`Cannot do without ${path}: not given, expected a value`]
      : [];
  if (Token.isUnresolved(value)) return [];
  const own = attribute.validate.flatMap((validator) => problemOf(validator, value, path));
  return [...own, ...findInside(attribute, value, path)];
}

function problemOf(validator: Validator, value: unknown, path: string): string[] {
  const problem = check(validator, value);
  if (problem === undefined) return [];
  return [problem.startsWith('Cannot ') ? problem : `Cannot set ${path}: ${problem}`];
}

/** A value from untyped code may make a validator throw; that is a problem of the value, not the end of the synth. */
function check(validator: Validator, value: unknown): string | undefined {
  try {
    return validator.check(value);
  } catch (error) {
    return formatError(error);
  }
}

function findInside({ type }: Attribute, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (type.kind === 'object') return findPropProblems(type, value, `${path}.`);
  if (!('element' in type)) return [];
  return Object.entries(value).flatMap(([key, element]) =>
    findProblems(type.element, element, `${path}.${key}`),
  );
}
