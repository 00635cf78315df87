/** Values of a plan once all of them are known. */
import { isUnknown, type Unknown } from '../../schema';

/** The type of a value with every unknown taken out, however deep. */
export type Known<T> = T extends Unknown
  ? never
  : T extends readonly (infer E)[]
    ? readonly Known<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Known<T[K]> }
      : T;

/** The value, or undefined when it or anything inside it is unknown. */
export function whenKnown<T>(value: T): Known<T> | undefined {
  return hasUnknown(value) ? undefined : (value as Known<T>);
}

function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasUnknown);
}
