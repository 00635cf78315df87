/** Pledges and unveils of Linux cells: what they allow, as a filter, and as the file that the launcher reads. */
export { checkLauncherArchitecture, type LauncherArchitecture, launcherArchitectures } from './architecture';
export { callNames, callNumbers } from './call-numbers';
export { compileFilter, type Grant, grantedRules, type Instruction, verdicts } from './filter';
export { type CellPolicy, formatCellPolicy, policySizeMaxBytes } from './policy';
export { type Report, reportsOf } from './report';
export { type Condition, isMatch, type Rule, type SystemCall } from './rule';
export { rules, softCalls } from './rules';
export {
  type SuggestedPledge,
  type SuggestedUnveil,
  Suggester,
  type Suggestion,
  type SuggestOptions,
} from './suggest';
export { type TracedArgument, type TracedCall, TraceReader } from './trace';
