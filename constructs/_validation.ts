/**
 * Validation at synth: every construct collects its problems as texts, the engine puts `[construct/path]` before
 * each and throws all of them once.
 */
import { formatError, NexusError } from '../model';
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

/** Whether Terraform knows a value only later: a token of the engine, or an expression written out. */
export function isKnownLater(value: unknown): boolean {
  return Token.isUnresolved(value) || (typeof value === 'string' && value.includes('${'));
}

/** A text for each prop that has to be known at synth, because it stands in KDL or in a name, and is a token. */
export function findUnknownProps(file: string, props: Readonly<Record<string, unknown>>): string[] {
  const later = Object.entries(props).filter(([, value]) => isKnownLater(value));
  return later.map(([name]) =>
    formatError(
      new NexusError(
        'known-later',
        `Cannot write ${name} into ${file}: Terraform knows it only later, expected a value at synth`,
        { hint: 'Give a plain value; a release pins the KDL, so nothing in it may change after the synth.' },
      ),
    ),
  );
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
  if (isKnownLater(value)) return [];
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
