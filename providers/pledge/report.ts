/** What the launcher says of a call that was not pledged: its name, and which pledges would allow it. */
import type { LauncherArchitecture } from './architecture';
import { callNumbers } from './call-numbers';
import { type Grant, grantedRules } from './filter';
import type { Condition, Rule } from './rule';
import { rules } from './rules';

export interface Report {
  readonly call: number;
  /** All must hold; the first report of a call whose conditions hold is the one that is said. */
  readonly conditions: readonly ReportCondition[];
  readonly name: string;
  /** `inet or dns`, `rpath with wpath`; empty when no pledge allows it. */
  readonly needs: string;
}

export interface ReportCondition {
  readonly argument: number;
  readonly isUpper: boolean;
  readonly mask: number;
  readonly value: number;
}

/** One for each rule that does not apply and each value that it asks for, and one for each call without conditions. */
export function reportsOf(grant: Grant, architecture: LauncherArchitecture): readonly Report[] {
  const granted = new Set(grantedRules(grant).flatMap(({ calls, when }) => (when.length === 0 ? calls : [])));
  const numbered = [...callNumbers(architecture)].toSorted(([, left], [, right]) => left - right);
  return numbered.flatMap(([name, call]) => {
    if (granted.has(name)) return [];
    const own = rules.filter(({ calls }) => calls.includes(name));
    const conditional = own
      .filter(({ when }) => when.length > 0)
      .flatMap((rule) => conditionalReports(rule, name, call));
    const plain = own.filter(({ when }) => when.length === 0);
    return [...conditional, { call, conditions: [], name, needs: plain.map(describeNeeds).join(' or ') }];
  });
}

/** A condition on the process id is left out: what it allows needs no pledge that anybody lacks. */
function conditionalReports(rule: Rule, name: string, call: number): readonly Report[] {
  if (rule.when.some(({ values }) => values === 'self')) return [];
  const combinations = rule.when.reduce<readonly (readonly ReportCondition[])[]>(
    (before, condition) =>
      before.flatMap((chosen) => choices(condition).map((choice) => [...chosen, choice])),
    [[]],
  );
  return combinations.map((conditions) => ({ call, conditions, name, needs: describeNeeds(rule) }));
}

function choices({ argument, half, mask, values }: Condition): readonly ReportCondition[] {
  if (values === 'self') return [];
  return values.map((value) => ({ argument, isUpper: half === 'high', mask, value }));
}

/** The pledges that would do, as a sentence has them. */
function describeNeeds({ pledges }: Pick<Rule, 'pledges'>): string {
  return pledges.map((all) => all.join(' with ')).join(' or ');
}
