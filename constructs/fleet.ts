/**
 * Fleets: swarms that get a release in waves. The waves are Terraform's own graph: between two of them stands a gate, a
 * `terraform_data` (built into Terraform) that depends on each node of the wave before and that each node of the next
 * depends on. A node that fails keeps its gate shut, and everything behind it as it was. One gate costs as many edges as
 * the two waves have nodes; without it each node would depend on each other.
 */
import { Construct } from 'constructs';
import { NexusError } from '../model';
import { dependable, TerraformResource } from './_engine';
import { hclAttributes } from './_hcl';
import { collectProblems, findUnknownProps } from './_validation';
import { type WaveSize, waveCounts } from './_waves';
import { NexusStack } from './nexus-stack';
import type { Release } from './release';
import type { Swarm } from './swarm';
import type { SwarmNode } from './swarm-node';

/** Props of {@link Fleet}. */
export interface FleetProps {
  /** Swarms whose nodes the fleet has; each is in one fleet at most. */
  readonly swarms: readonly Swarm[];
  /**
   * Size of each wave: a count of nodes, or a share of all nodes like `25%`, rounded up. What is left over is the last
   * wave.
   * @default [1] - one canary, then all others
   */
  readonly waves?: readonly WaveSize[];
  /**
   * An older release for the nodes of this fleet alone. The stack's variable `release` stands above it.
   * @default - the release of the stack
   */
  readonly release?: Release;
  /**
   * Name of the fleet, once in a stack.
   * @default the construct's id
   */
  readonly name?: string;
}

/**
 * Swarms that get a release in waves: the nodes of a wave are deployed only after each node of the wave before it runs
 * the release and has proved it. The first nodes of all swarms come first, then the second ones, and so on.
 *
 * ```ts
 * new Fleet(stack, 'rollout', { swarms: [swarm], waves: [1, '50%'] });
 * ```
 */
export class Fleet extends Construct {
  /** Name of the fleet, once in a stack. */
  readonly name: string;
  /** The nodes of each wave, in order. */
  readonly waves: readonly (readonly SwarmNode[])[];
  private readonly props: FleetProps;
  private readonly stack: NexusStack;

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    this.props = props;
    this.name = props.name ?? id;
    this.stack = NexusStack.of(this);
    this.waves = this.makeWaves();
    this.orderWaves();
    this.pinRelease();
    this.stack.inventory.fleets.add(this);
    this.node.addValidation({ validate: () => this.findProblems() });
  }

  /** All nodes of the fleet, in the order in which they get a release. */
  get nodes(): readonly SwarmNode[] {
    return this.waves.flat();
  }

  private get sizes(): readonly WaveSize[] {
    return this.props.waves ?? (this.nodesInTurn().length > 1 ? [1] : []);
  }

  /** The first node of each swarm, then the second of each: a canary stands for as many images as it can. */
  private nodesInTurn(): readonly SwarmNode[] {
    const swarms = [...new Set(this.props.swarms)];
    const longest = Math.max(0, ...swarms.map(({ nodes }) => nodes.length));
    return Array.from({ length: longest }, (_, index) => swarms.map(({ nodes }) => nodes[index]))
      .flat()
      .filter((node) => node !== undefined);
  }

  /** What is wrong with the sizes is said at synth; until then all nodes are one wave. */
  private makeWaves(): readonly (readonly SwarmNode[])[] {
    const nodes = this.nodesInTurn();
    const problems = collectProblems(() => waveCounts(this.name, this.sizes, nodes.length));
    const counts = problems.length > 0 ? [nodes.length] : waveCounts(this.name, this.sizes, nodes.length);
    let start = 0;
    return counts.map((count) => {
      start += count;
      return nodes.slice(start - count, start);
    });
  }

  private orderWaves(): void {
    for (const [index, wave] of this.waves.slice(0, -1).entries()) {
      const gate = new WaveGate(this, index + 1, this.name, wave, this.release);
      for (const { resource } of this.waves[index + 1] ?? [])
        resource.dependsOn = [...(resource.dependsOn ?? []), dependable(gate)];
    }
  }

  /** CID of the release that the nodes of this fleet run. */
  get release(): string {
    const ofStack = this.stack.requireRelease();
    return this.props.release === undefined ? ofStack.cid : ofStack.variableOr(this.props.release.cid);
  }

  private pinRelease(): void {
    if (this.props.release === undefined) return;
    const release = this.release;
    for (const { resource } of this.nodes) resource.setRelease(release);
  }

  private findProblems(): string[] {
    const { props, name, stack } = this;
    return [
      ...findUnknownProps('the names of its gates', { name }),
      ...(props.release?.findProblems() ?? []),
      ...collectProblems(
        () => stack.inventory.fleets.checkIsFirst(this),
        () => this.checkSwarms(),
        () => waveCounts(name, this.sizes, this.nodesInTurn().length),
      ),
    ];
  }

  private checkSwarms(): void {
    const { swarms } = this.props;
    if (swarms.length === 0)
      throw new NexusError(
        'no-swarm',
        `Cannot make fleet "${this.name}": it has no swarm, expected at least 1`,
        {
          hint: 'Give it the swarms that get a release together.',
        },
      );
    for (const swarm of swarms) this.checkSwarm(swarm);
    const repeated = swarms.find((swarm, index) => swarms.indexOf(swarm) < index);
    if (repeated !== undefined) throw this.cannotTake(repeated, 'it is given twice');
  }

  private checkSwarm(swarm: Swarm): void {
    if (!this.stack.inventory.swarms.has(swarm))
      throw this.cannotTake(swarm, `[${swarm.node.path}] is a swarm of another stack`);
    const fleets = this.stack.inventory.fleets.all();
    const other = fleets.find((fleet) => fleet !== this && fleet.props.swarms.includes(swarm));
    if (other !== undefined) throw this.cannotTake(swarm, `it is in fleet [${other.node.path}] already`);
  }

  private cannotTake(swarm: Swarm, reason: string): NexusError {
    return new NexusError(
      'bad-swarm',
      `Cannot take swarm "${swarm.name}" into fleet "${this.name}": ${reason}, expected swarms of stack ${this.stack.node.id}, each in one fleet`,
      { hint: 'Remove it from one of the two places.' },
    );
  }
}

/** What stands between two waves. It changes with the release, so that a plan shows which wave has come through. */
class WaveGate extends TerraformResource {
  constructor(
    fleet: Fleet,
    private readonly wave: number,
    private readonly fleetName: string,
    nodes: readonly SwarmNode[],
    private readonly release: string,
  ) {
    super(fleet, `wave-${wave}`, {
      terraformResourceType: 'terraform_data',
      dependsOn: nodes.map(({ resource }) => resource),
    });
    this.overrideLogicalId(`${fleetName}-wave-${wave}`);
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { input: { fleet: this.fleetName, wave: this.wave, release: this.release } };
  }

  protected override synthesizeHclAttributes(): Record<string, unknown> {
    return hclAttributes(this.synthesizeAttributes());
  }
}
