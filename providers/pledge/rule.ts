/** One line of the table of pledges: which pledges allow which system calls, under which conditions on their arguments. */
import type { LinuxPledge } from '../../model';

/**
 * `(argument & mask)` is one of `values`. A filter sees 32 bits at a time; where only the lower half is looked at, the
 * kernel itself takes the argument as an `int`, or the condition asks for bits of the lower half.
 */
export interface Condition {
  /** 0 to 5. */
  readonly argument: number;
  readonly half: 'low' | 'high';
  readonly mask: number;
  /** `self` is the id of the cell's first process, which only the launcher knows. */
  readonly values: readonly number[] | 'self';
}

export interface Rule {
  /** Any of these sets of pledges, held whole, allows the calls; an empty set is always held. */
  readonly pledges: readonly (readonly LinuxPledge[])[];
  readonly calls: readonly string[];
  /** All must hold. */
  readonly when: readonly Condition[];
  /** The conditions in words; empty when there are none. */
  readonly words: string;
}

/** @param calls separated by spaces */
export function rule(
  pledges: readonly (readonly LinuxPledge[])[],
  calls: string,
  words = '',
  when: readonly Condition[] = [],
): Rule {
  return { pledges, calls: calls.trim().split(/\s+/), when, words };
}

/** The lower half of an argument, under a mask, is one of some values. */
export function masked(argument: number, mask: number, ...values: readonly number[]): Condition {
  return { argument, half: 'low', mask: mask >>> 0, values: values.map((value) => value >>> 0) };
}

/** An `int` argument is one of some values. */
export function oneOf(argument: number, ...values: readonly number[]): Condition {
  return masked(argument, 0xffffffff, ...values);
}

/** An argument is a NULL pointer. */
export function isNull(argument: number): readonly Condition[] {
  return [oneOf(argument, 0), { argument, half: 'high', mask: 0xffffffff, values: [0] }];
}

/** An `int` argument is the id of the cell's first process. */
export function isSelf(argument: number): Condition {
  return { argument, half: 'low', mask: 0xffffffff, values: 'self' };
}

/** Whether a rule applies to somebody who holds these pledges. */
export function isGranted({ pledges }: Rule, held: ReadonlySet<LinuxPledge>): boolean {
  return pledges.some((all) => all.every((pledge) => held.has(pledge)));
}

export interface SystemCall {
  readonly name: string;
  readonly arguments: readonly bigint[];
}

/** Whether a call is one that a rule is about. @param self id of the cell's first process */
export function isMatch({ calls, when }: Rule, call: SystemCall, self: number): boolean {
  return calls.includes(call.name) && when.every((condition) => holds(condition, call, self));
}

function holds({ argument, half, mask, values }: Condition, call: SystemCall, self: number): boolean {
  const whole = BigInt.asUintN(64, call.arguments[argument] ?? 0n);
  const part = Number(half === 'low' ? BigInt.asUintN(32, whole) : whole >> 32n);
  return (values === 'self' ? [self] : values).includes((part & mask) >>> 0);
}
