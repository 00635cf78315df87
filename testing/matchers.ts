/** The matchers, in the form that Jest's and Vitest's `expect.extend` share. */
import { formatError } from '../model';
import { canonicalKdl } from './kdl-meaning';
import {
  type AttributesOf,
  nexusKdl,
  nexusOutput,
  nexusResources,
  previewOf,
  type ResourceTypeName,
  type Subject,
} from './stack-view';

/** What each matcher is called with: what a test's author sees behind `expect(stack)`. */
export interface NexusMatchers<R> {
  /**
   * The stack has a resource of that type and name; attributes that are given are as given, others are not asked about.
   * Without a name one of that type is enough.
   */
  toHaveNexusResource<T extends ResourceTypeName | (string & {})>(
    type: T,
    name: string,
    attributes?: AttributesOf<T>,
  ): R;
  toHaveNexusResource<T extends ResourceTypeName | (string & {})>(type: T, attributes?: AttributesOf<T>): R;
  /** The stack has so many resources of that type. */
  toHaveNexusResourceCount(type: ResourceTypeName | (string & {}), count: number): R;
  /** The stack has that output, with that value where one is given. */
  toHaveNexusOutput(name: string, value?: unknown): R;
  /** The KDL file means the same as the text: order, comments, layout and defaults left out are no difference. */
  toHaveNexusKdl(file: string, text: string): R;
  /** A synth of the stack ends with a problem that has this in it. */
  toHaveNexusProblem(message: string | RegExp): R;
}

/** What the two runners give a matcher, as far as it is used here. */
export interface MatcherContext {
  /** Deep equality, with testers asked before it. */
  equals(left: unknown, right: unknown, testers?: never[]): boolean;
  /** What a matcher compares and prints with. */
  readonly utils: {
    readonly iterableEquality: unknown;
    readonly subsetEquality: unknown;
    stringify(value: unknown): string;
  };
}

/** What a matcher gives back. */
export interface MatcherResult {
  /** Whether it holds. */
  readonly pass: boolean;
  /** What the runner prints if that is not what the test expects. */
  message(): string;
}

/** For `expect.extend` of Jest and of Vitest. */
export const nexusMatchers = {
  toHaveNexusResource(
    this: MatcherContext,
    subject: Subject,
    type: string,
    nameOrAttributes?: string | object,
    attributes?: object,
  ): MatcherResult {
    const name = typeof nameOrAttributes === 'string' ? nameOrAttributes : undefined;
    const wanted = (typeof nameOrAttributes === 'object' ? nameOrAttributes : attributes) ?? {};
    const all = Object.entries(nexusResources(subject, type));
    const named = all.filter(([each]) => name === undefined || each === name);
    const pass = named.some(([, given]) => hasSubset(this, given, wanted));
    const what = `${type}${name === undefined ? '' : `.${name}`} with ${this.utils.stringify(wanted)}`;
    return verdict(pass, what, () =>
      this.utils.stringify(Object.fromEntries(named.length > 0 ? named : all)),
    );
  },

  toHaveNexusResourceCount(
    this: MatcherContext,
    subject: Subject,
    type: string,
    count: number,
  ): MatcherResult {
    const names = Object.keys(nexusResources(subject, type));
    return verdict(
      names.length === count,
      `${count} of ${type}`,
      () => `${names.length}: ${names.join(', ')}`,
    );
  },

  toHaveNexusOutput(
    this: MatcherContext,
    subject: Subject,
    name: string,
    ...values: readonly unknown[]
  ): MatcherResult {
    const found = attempt(() => nexusOutput(subject, name));
    if ('error' in found) return verdict(false, `output ${name}`, () => found.error);
    const pass = values.length === 0 || hasSubset(this, found.value, values[0]);
    const what = `output ${name}${values.length === 0 ? '' : ` with ${this.utils.stringify(values[0])}`}`;
    return verdict(pass, what, () => this.utils.stringify(found.value));
  },

  toHaveNexusKdl(this: MatcherContext, subject: Subject, file: string, text: string): MatcherResult {
    const wanted = canonicalKdl(text);
    const found = attempt(() => canonicalKdl(nexusKdl(subject, file)));
    if ('error' in found) return verdict(false, `KDL ${file}`, () => found.error);
    return verdict(found.value === wanted, `${file} that means\n${wanted}`, () => `\n${found.value}`);
  },

  toHaveNexusProblem(this: MatcherContext, subject: Subject, message: string | RegExp): MatcherResult {
    const found = attempt(() => previewOf(subject));
    const text = 'error' in found ? found.error : '';
    const pass = typeof message === 'string' ? text !== '' && text.includes(message) : message.test(text);
    return verdict(pass, `a problem with ${String(message)}`, () => (text === '' ? 'no problem' : text));
  },
};

/** Objects by the attributes that are wanted, with the runner's asymmetric matchers. */
function hasSubset({ equals, utils }: MatcherContext, given: unknown, wanted: unknown): boolean {
  return equals(given, wanted, [utils.iterableEquality, utils.subsetEquality] as never[]);
}

function verdict(pass: boolean, what: string, found: () => string): MatcherResult {
  return {
    pass,
    message: () => `Expected the stack ${pass ? 'not ' : ''}to have ${what}\nFound: ${found()}`,
  };
}

type Attempt<V> = { readonly value: V } | { readonly error: string };

function attempt<V>(action: () => V): Attempt<V> {
  try {
    return { value: action() };
  } catch (error) {
    return { error: formatError(error) };
  }
}
