/**
 * Policies as aspects: what an organisation asks of every stack. Each adds its finding to the construct that it is
 * about, so that a synth says all of them at once, as `[construct/path] message`. The engine asks the aspects of a stack
 * and below, not those of the app.
 *
 *     Aspects.of(stack).add(Policies.everyCellPledged());
 */
import type { IConstruct } from 'constructs';
import { NexusError, quote } from '../model';
import { type IAspect, TerraformStack, Token } from './_engine';
import { findRequiredVersions } from './_required-providers';
import { collectProblems } from './_validation';
import { Cell } from './cell';
import { Swarm } from './swarm';

/** Options of {@link Policies.imagesUnderBudget}. */
export interface BudgetPolicyProps {
  /**
   * The largest image in bytes.
   * @default - the budget of each image's profile
   */
  readonly budgetBytes?: number;
  /**
   * Sizes of images that were recorded, in bytes by the image's name, as `nexus build --json` prints them. What is over
   * the budget there fails the synth.
   * @default {} - Terraform's plan is the first to know
   */
  readonly recordedSizes?: Readonly<Record<string, number>>;
}

/** The policies of this package. */
export const Policies = {
  /** Every cell has at least one pledge: nobody has forgotten to say what it uses. */
  everyCellPledged: (): IAspect => new Policy(checkPledged),

  /**
   * Every image is at most so large: a recorded size is checked at synth, and the real one by a postcondition in
   * Terraform, which fails the plan of an image that was built before and the apply of any other.
   */
  imagesUnderBudget: (props: BudgetPolicyProps = {}): IAspect =>
    new Policy(
      (construct) => checkBudget(construct, props),
      (construct) => addBudgetCondition(construct, props),
    ),

  /** Every provider and every module has one exact version: the same commit plans the same next year. */
  noFloatingVersion: (): IAspect => new Policy(checkVersions),
} as const;

type Check = (construct: IConstruct) => void;

/** Adds one check to each construct, once, though a stack is visited at every synth. */
class Policy implements IAspect {
  private readonly visited = new WeakSet<IConstruct>();

  constructor(
    private readonly check: Check,
    private readonly prepare: Check = () => undefined,
  ) {}

  visit(construct: IConstruct): void {
    if (this.visited.has(construct)) return;
    this.visited.add(construct);
    this.prepare(construct);
    construct.node.addValidation({ validate: () => collectProblems(() => this.check(construct)) });
  }
}

function checkPledged(construct: IConstruct): void {
  if (!(construct instanceof Cell) || construct.isPledged) return;
  throw new NexusError(
    'unpledged-cell',
    `Cannot accept cell "${construct.name}": it has no pledge, expected at least 1`,
    { hint: 'Say in `pledges` what the cell uses.' },
  );
}

function budgetOf(swarm: Swarm, { budgetBytes }: BudgetPolicyProps): number | undefined {
  return budgetBytes ?? swarm.profile.budgetBytes;
}

function checkBudget(construct: IConstruct, props: BudgetPolicyProps): void {
  if (!(construct instanceof Swarm)) return;
  const budgetBytes = budgetOf(construct, props);
  const sizeBytes = props.recordedSizes?.[construct.name];
  if (budgetBytes === undefined || sizeBytes === undefined || sizeBytes <= budgetBytes) return;
  throw new NexusError(
    'over-budget',
    `Cannot accept image "${construct.name}": ${sizeBytes} bytes were recorded, expected at most ${budgetBytes}`,
    { hint: 'See with `nexus build` what takes how much, or raise `budgetBytes`.' },
  );
}

function addBudgetCondition(construct: IConstruct, props: BudgetPolicyProps): void {
  if (!(construct instanceof Swarm)) return;
  const budgetBytes = budgetOf(construct, props);
  if (budgetBytes === undefined) return;
  const { resource } = construct;
  const condition = {
    condition: Token.asString(`\${self.size_bytes <= ${budgetBytes}}`),
    errorMessage: `Cannot accept image "${construct.name}": it is over the budget of ${budgetBytes} bytes.`,
  };
  const postcondition = [...(resource.lifecycle?.postcondition ?? []), condition];
  resource.lifecycle = { ...resource.lifecycle, postcondition };
}

const exactVersion = /^=? ?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

function checkVersions(construct: IConstruct): void {
  if (!TerraformStack.isStack(construct)) return;
  const floating = findRequiredVersions(construct).filter(({ version }) => !exactVersion.test(version ?? ''));
  if (floating.length === 0) return;
  const named = floating.map(({ kind, name, version }) =>
    version === undefined
      ? `${kind} ${quote(name)} has none`
      : `${kind} ${quote(name)} has ${quote(version)}`,
  );
  throw new NexusError(
    'floating-version',
    `Cannot accept the versions of stack "${construct.node.id}": ${named.join(', ')}; expected one exact version each, like "1.2.3"`,
    { hint: 'Pin it: `stack.addOverride("terraform.required_providers.NAME.version", "1.2.3")`.' },
  );
}
