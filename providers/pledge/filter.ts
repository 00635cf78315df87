/**
 * Pledges as a seccomp filter: classic BPF over `struct seccomp_data` (linux/seccomp.h), which is little-endian here:
 *
 *   0 u32 call number   4 u32 architecture   8 u64 instruction pointer   16 u64 arguments[6]
 *
 * The filter looks at the architecture first, then finds the call by a binary search, then asks for the arguments. An
 * instruction is u16 code, u8 jump if true, u8 jump if false, u32 operand; jumps go forward only, and the longest of a
 * condition is 255.
 */
import type { LinuxPledge } from '../../model';
import { architectureNumbers, type LauncherArchitecture } from './architecture';
import { callNumbers } from './call-numbers';
import { type Condition, isGranted, type Rule } from './rule';
import { rules, softCalls, unseenCalls } from './rules';

/** What the kernel does with a call (SECCOMP_RET_*). */
export const verdicts = {
  allow: 0x7fff0000,
  /** Stops the caller until the launcher's supervisor has reported the call and ended the process. */
  report: 0x7fc00000,
  /** Fails with ENOSYS, 38. */
  missing: 0x00050026,
} as const;

export interface Instruction {
  readonly code: number;
  readonly whenTrue: number;
  readonly whenFalse: number;
  readonly operand: number;
  /** The launcher puts its process id in the operand's place. */
  readonly isSelf: boolean;
}

const [load, and, jump, jumpIfEqual, jumpIfAtLeast, answer] = [0x20, 0x54, 0x05, 0x15, 0x35, 0x06];
const argumentsOffset = 16;
const longestJump = 255;

/** What a cell may call. */
export interface Grant {
  readonly pledges: readonly LinuxPledge[];
  /** Whether Landlock guards its paths: then no call is allowed that Landlock may not see. */
  readonly isUnveiled: boolean;
}

/** The rules that apply to a cell. */
export function grantedRules({ pledges, isUnveiled }: Grant): readonly Rule[] {
  const held = new Set(pledges);
  const granted = rules.filter((rule) => isGranted(rule, held));
  if (!isUnveiled) return granted;
  return granted.map((rule) => ({
    ...rule,
    calls: rule.calls.filter((name) => !unseenCalls.includes(name)),
  }));
}

/** A filter for a cell that holds these pledges, and nothing else. */
export function compileFilter(grant: Grant, architecture: LauncherArchitecture): readonly Instruction[] {
  const { auditArchitecture } = architectureNumbers[architecture];
  return [
    instruction(load, 4),
    instruction(jumpIfEqual, auditArchitecture, 1, 0),
    instruction(answer, verdicts.report),
    instruction(load, 0),
    ...search(rangesOf(grant, architecture)),
  ];
}

function instruction(code: number, operand: number, whenTrue = 0, whenFalse = 0): Instruction {
  return { code, whenTrue, whenFalse, operand, isSelf: false };
}

/** From this call number on, up to the next range, the same code answers. */
interface Range {
  readonly start: number;
  readonly code: readonly Instruction[];
}

/** Neighbours of one verdict are one range; the first starts at 0, and the last has no end. */
function rangesOf(grant: Grant, architecture: LauncherArchitecture): readonly Range[] {
  const granted = grantedRules(grant);
  const numbered = [...callNumbers(architecture)].toSorted(([, left], [, right]) => left - right);
  const otherwise = verdict(grant.pledges.includes('error') ? verdicts.missing : verdicts.report);
  const ranges: Range[] = [{ start: 0, code: otherwise }];
  let next = 0;
  for (const [name, number] of numbered) {
    if (number > next) addRange(ranges, { start: next, code: otherwise });
    addRange(ranges, { start: number, code: codeOf(name, granted, otherwise) });
    next = number + 1;
  }
  addRange(ranges, { start: next, code: otherwise });
  return ranges;
}

function addRange(ranges: Range[], range: Range): void {
  const last = ranges.at(-1);
  if (last?.start === range.start) ranges.pop();
  const before = ranges.at(-1);
  if (before === undefined || !isSame(before.code, range.code)) ranges.push(range);
}

function isSame(left: readonly Instruction[], right: readonly Instruction[]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function verdict(value: number): readonly Instruction[] {
  return [instruction(answer, value)];
}

/** What answers one call: its rules in turn, and the refusal when none holds. */
function codeOf(
  name: string,
  granted: readonly Rule[],
  otherwise: readonly Instruction[],
): readonly Instruction[] {
  const own = granted.filter(({ calls }) => calls.includes(name));
  if (own.some(({ when }) => when.length === 0)) return verdict(verdicts.allow);
  return [...own.flatMap(ruleCode), ...refusal(name, otherwise)];
}

/** The launcher's own execve is let through by its supervisor, so it must reach it even when errors are not reported. */
function refusal(name: string, otherwise: readonly Instruction[]): readonly Instruction[] {
  if (softCalls.includes(name)) return verdict(verdicts.missing);
  return name === 'execve' ? verdict(verdicts.report) : otherwise;
}

/** Allows when all conditions hold, else goes on behind itself. */
function ruleCode({ when }: Rule): readonly Instruction[] {
  return when.reduceRight<readonly Instruction[]>(
    (inner, condition) => conditionCode(condition, inner),
    verdict(verdicts.allow),
  );
}

/** Loads the word, and enters `inner` when it is one of the values; each value's jump passes the others. */
function conditionCode(
  { argument, half, mask, values }: Condition,
  inner: readonly Instruction[],
): readonly Instruction[] {
  const loads = [instruction(load, argumentsOffset + 8 * argument + (half === 'low' ? 0 : 4))];
  if (mask !== 0xffffffff) loads.push(instruction(and, mask));
  const operands = values === 'self' ? [0] : values;
  const jumps = operands.map((operand, index) => ({
    ...instruction(jumpIfEqual, operand, operands.length - 1 - index, 0),
    isSelf: values === 'self',
  }));
  const lastJump = jumps.pop();
  return lastJump === undefined
    ? []
    : [...loads, ...jumps, { ...lastJump, whenFalse: inner.length }, ...inner];
}

/** A binary tree over the ranges. */
function search(ranges: readonly Range[]): readonly Instruction[] {
  const [only] = ranges;
  if (only === undefined) return [];
  if (ranges.length === 1) return only.code;
  const middle = ranges.length >> 1;
  const [lower, upper] = [search(ranges.slice(0, middle)), search(ranges.slice(middle))];
  const limit = ranges[middle]?.start ?? 0;
  if (lower.length <= longestJump)
    return [instruction(jumpIfAtLeast, limit, lower.length, 0), ...lower, ...upper];
  return [instruction(jumpIfAtLeast, limit, 0, 1), instruction(jump, lower.length), ...lower, ...upper];
}
