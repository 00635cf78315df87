/**
 * The pledges and unveils that a traced run needed: the fewest pledges whose rules allow every call of it, and the paths
 * that it opened, ran, made and removed. One run shows one way through a program.
 */
import { type LinuxPledge, linuxPledgeNames } from '../../model';
import { PathUse } from './path-use';
import { isMatch, type SystemCall } from './rule';
import { rules, softCalls } from './rules';
import type { TracedCall } from './trace';

export interface SuggestedPledge {
  readonly pledge: LinuxPledge;
  /** The calls that need it, as far as no other suggested pledge allows them. */
  readonly calls: readonly string[];
}

export interface SuggestedUnveil {
  readonly path: string;
  readonly rights: string;
  /** Calls that used the path or what is below it. */
  readonly calls: readonly string[];
}

export interface Suggestion {
  readonly pledges: readonly SuggestedPledge[];
  readonly unveils: readonly SuggestedUnveil[];
  /** Calls that no pledge allows: in a cell they end the program, or fail with `error`. */
  readonly refused: readonly string[];
}

export interface SuggestOptions {
  /** Where the program was started. */
  readonly folder: string;
  /** The program that the kernel starts a file with, which no trace shows. @default none is known */
  readonly interpreterOf?: (path: string) => string | undefined;
  /** Whether a path is there after the run; the folder above stands for one that is not. @default each is */
  readonly isThere?: (path: string) => boolean;
}

/** A call and the sets of pledges of which any one allows it. */
interface Need {
  readonly name: string;
  readonly anyOf: readonly (readonly LinuxPledge[])[];
}

/** Takes the calls of a trace in turn. */
export class Suggester {
  readonly #needs = new Map<string, Need>();
  readonly #refused = new Set<string>();
  readonly #paths: PathUse;
  #first: number | undefined;

  constructor(options: SuggestOptions) {
    this.#paths = new PathUse(options);
  }

  add(traced: TracedCall): void {
    this.#paths.add(traced);
    // The first call is the execve that starts the program: in a cell, the launcher's own.
    if (this.#first !== undefined) this.#addNeed(callOf(traced), this.#first);
    this.#first ??= traced.process;
  }

  finish(): Suggestion {
    const needs = [...this.#needs.values()];
    const held = fewestPledges(needs);
    return {
      pledges: linuxPledgeNames
        .filter((pledge) => held.has(pledge))
        .map((pledge) => ({ pledge, calls: callsThatNeed(pledge, held, needs) })),
      unveils: this.#paths.finish(),
      refused: [...this.#refused].toSorted(),
    };
  }

  #addNeed(call: SystemCall, self: number): void {
    const anyOf = rules
      .filter((rule) => isMatch(rule, call, self))
      .flatMap(({ pledges }) => pledges)
      // Whether a program stays in /tmp is for its author to say.
      .filter((all) => !all.includes('tmppath'));
    if (anyOf.some((all) => all.length === 0)) return;
    if (softCalls.includes(call.name)) return;
    if (anyOf.length === 0) this.#refused.add(call.name);
    else this.#needs.set(`${call.name} ${JSON.stringify(anyOf)}`, { name: call.name, anyOf });
  }
}

/** A `clone3` is what the C library makes of it when it is not there. */
function callOf({ name, arguments: given }: TracedCall): SystemCall {
  const values = given.map(({ value }) => value);
  if (name === 'clone3') return { name: 'clone', arguments: values };
  // strace writes the stack first.
  return name === 'clone' ? { name, arguments: values.slice(1) } : { name, arguments: values };
}

function isMet({ anyOf }: Need, held: ReadonlySet<LinuxPledge>): boolean {
  return anyOf.some((all) => all.every((pledge) => held.has(pledge)));
}

/** What must be, then for each need the smallest addition, then without what turned out to be too much. */
function fewestPledges(needs: readonly Need[]): ReadonlySet<LinuxPledge> {
  const held = new Set<LinuxPledge>();
  for (const need of needs.toSorted((left, right) => left.anyOf.length - right.anyOf.length)) {
    if (isMet(need, held)) continue;
    const [smallest = []] = need.anyOf
      .map((all) => all.filter((pledge) => !held.has(pledge)))
      .toSorted((left, right) => left.length - right.length);
    for (const pledge of smallest) held.add(pledge);
  }
  for (const pledge of linuxPledgeNames.toReversed()) {
    const without = new Set([...held].filter((name) => name !== pledge));
    if (needs.every((need) => isMet(need, without))) held.delete(pledge);
  }
  return held;
}

function callsThatNeed(
  pledge: LinuxPledge,
  held: ReadonlySet<LinuxPledge>,
  needs: readonly Need[],
): readonly string[] {
  const without = new Set([...held].filter((name) => name !== pledge));
  const names = needs.filter((need) => !isMet(need, without)).map(({ name }) => name);
  return [...new Set(names)].toSorted();
}
