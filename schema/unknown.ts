/**
 * The value that Terraform does not know yet: the result of something that will run during apply.
 * It may carry refinements, which say what is already certain about it and which apply must then keep.
 */

/** What is certain about an unknown value. Bounds hold for numbers, lengths for collections. */
export interface Refinement {
  /** False says that the value will not be null. */
  readonly nullable?: false;
  readonly prefix?: string;
  readonly minimum?: { readonly value: number; readonly inclusive: boolean };
  readonly maximum?: { readonly value: number; readonly inclusive: boolean };
  readonly minimumLength?: number;
  readonly maximumLength?: number;
}

const mark: unique symbol = Symbol('unknown');

/** Stands in a config or plan where the value is known only after apply. Told apart by {@link isUnknown}. */
export interface Unknown {
  readonly [mark]: true;
  readonly refinement?: Refinement;
}

/** The unknown value of which nothing is certain. */
export const UNKNOWN: Unknown = Object.freeze({ [mark]: true as const });

/** An unknown value with a promise: `unknownWith({ nullable: false, prefix: 'bafk' })`. */
export function unknownWith(refinement: Refinement): Unknown {
  return Object.freeze({ [mark]: true as const, refinement });
}

export function isUnknown(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && mark in value;
}
