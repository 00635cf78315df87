/**
 * Spares the engine the work on what has no token in it. It resolves each element of a stack three times: to find
 * references to other stacks, by itself, and within the whole; with thousands of nodes that is most of a synth. An element
 * in which there is nothing to resolve gives nothing to the first pass and is handed through the second as it is; the
 * third sees all of it, as ever.
 */
import type { IResolvable, IResolveContext } from './_engine';

/** What an element is in Terraform's JSON, to be resolved by the engine as far as there is anything to resolve. */
export class WithoutTokens implements IResolvable {
  /** Where a token was made is said in errors of its resolution; this one has none of its own. */
  readonly creationStack: string[] = [];

  constructor(private readonly make: () => object) {}

  resolve(context: IResolveContext): unknown {
    const element = this.make();
    if (!isPlain(element)) return element;
    if (!context.preparing) context.registerPostProcessor({ postProcess: () => withoutUndefined(element) });
    return {};
  }

  toString(): string {
    return '(an element of a stack)';
  }
}

/** A text with a token in it, or with what may be one: the engine writes tokens that are numbers as `-1.8e+289`. */
const tokenLike = /TfToken\[|e\+\d/;

/** Whether the engine would find nothing to do in a value. What is not sure is left to the engine. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !tokenLike.test(value);
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return typeof value !== 'function';
  if (Array.isArray(value)) return value.every(isPlain);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const [key, inner] of Object.entries(value)) if (tokenLike.test(key) || !isPlain(inner)) return false;
  return true;
}

/** The engine leaves out what is undefined; at the top it would take the same of another element away. */
function withoutUndefined(element: object): object {
  return Object.fromEntries(Object.entries(element).filter(([, value]) => value !== undefined));
}
