/** UTCP meshes: cells that may talk to each other. */
import { Construct } from 'constructs';
import {
  checkMesh,
  checkPair,
  compareNames,
  type Mesh,
  type MeshPair,
  meshDefaults,
  meshNodesMax,
  NexusError,
} from '../model';
import { type ITerraformDependable, Lazy } from './_engine';
import { stackFile } from './_stack-file';
import { collectProblems, findUnknownProps } from './_validation';
import type { Cell } from './cell';
import { NexusStack } from './nexus-stack';
import { mainResourceId, NexusMesh } from './resources';

/** Props of {@link UtcpMesh}. */
export interface UtcpMeshProps {
  /** Cells that may talk to each other. */
  readonly members: readonly Cell[];
  /**
   * Name of the mesh, once in a stack.
   * @default the construct's id
   */
  readonly name?: string;
  /**
   * How often a node says hello to its peers, in milliseconds.
   * @default 1000
   */
  readonly helloIntervalMs?: number;
  /**
   * How often a node signs a heartbeat, in milliseconds.
   * @default 5000
   */
  readonly heartbeatIntervalMs?: number;
}

/**
 * Cells that may talk to each other over UTCP. Its nodes are those of the swarms that name it.
 *
 * ```ts
 * const mesh = new UtcpMesh(stack, 'alpha', { members: [hello] });
 * ```
 */
export class UtcpMesh extends Construct implements ITerraformDependable {
  /** Name of the mesh, once in a stack; also its address in Terraform. */
  readonly name: string;
  /** The cells that may talk to each other. */
  readonly members: readonly Cell[];
  /** The Terraform resource, for overrides. */
  readonly resource: NexusMesh;
  private readonly props: UtcpMeshProps;
  private readonly stack: NexusStack;
  private readonly pairs: (readonly [Cell, Cell])[] = [];

  constructor(scope: Construct, id: string, props: UtcpMeshProps) {
    super(scope, id);
    this.props = props;
    this.name = props.name ?? id;
    this.members = props.members;
    this.stack = NexusStack.of(this);
    this.resource = new NexusMesh(this, mainResourceId, {
      name: this.name,
      definition: stackFile(this.fileName),
      nodes: Lazy.listValue({ produce: () => [...this.nodeNames()] }),
    });
    this.resource.overrideLogicalId(this.name);
    this.stack.inventory.meshes.add(this);
    this.node.addValidation({ validate: () => this.findProblems() });
  }

  /**
   * Lets two members talk, both ways. Without any call every member may talk to every other; from the first call on only
   * the pairs that are named may. The same pair twice is once. It stands in `mesh.kdl` and so in the release; what of it
   * is enforced by this version stands in docs/system-kdl.md.
   */
  allow(left: Cell, right: Cell): this {
    this.pairs.push([left, right]);
    return this;
  }

  /** Name of the KDL file in the stack's folder. */
  get fileName(): string {
    return `mesh-${this.name}.kdl`;
  }

  /**
   * Public keys of the nodes, as a reference that is written out: it stands at every node.
   * @internal
   */
  get peersOfNodes(): Record<string, string> {
    // Terraform reads a map where its JSON holds such a text, and the resource passes it on as it is.
    return `\${${this.resource.fullName}.public_keys}` as unknown as Record<string, string>;
  }

  /** For `dependsOn` of any Terraform resource. */
  get fqn(): string {
    return this.resource.fqn;
  }

  /** The mesh as `mesh.kdl` says it. */
  get definition(): Mesh {
    return {
      name: this.name,
      members: this.memberNames(),
      allowed: this.allowedPairs(),
      helloIntervalMs: this.props.helloIntervalMs ?? meshDefaults.helloIntervalMs,
      heartbeatIntervalMs: this.props.heartbeatIntervalMs ?? meshDefaults.heartbeatIntervalMs,
    };
  }

  private memberNames(): string[] {
    return this.members.map(({ name }) => name).toSorted(compareNames);
  }

  /** Each pair once, however often and in whatever order it was allowed. */
  private allowedPairs(): readonly MeshPair[] {
    const members = this.memberNames();
    const pairs = this.pairs.map(([left, right]) => checkPair(this.name, left.name, right.name, members));
    return [...new Map(pairs.map((pair) => [pair.join(' '), pair])).values()];
  }

  /** Names of the nodes in this mesh, sorted. */
  private nodeNames(): readonly string[] {
    const swarms = this.stack.inventory.swarms.all().filter(({ mesh }) => mesh === this);
    return swarms.flatMap(({ nodes }) => nodes.map(({ name }) => name)).toSorted(compareNames);
  }

  private findProblems(): string[] {
    const { name, props } = this;
    const { helloIntervalMs, heartbeatIntervalMs } = props;
    const unknown = findUnknownProps('mesh.kdl', { name, helloIntervalMs, heartbeatIntervalMs });
    const problems = [...unknown, ...this.resource.findProblems()];
    const membersAreSound = this.members.every((cell) => cell.findProblems().length === 0);
    const isSound = problems.length === 0 && membersAreSound;
    return [
      ...problems,
      ...collectProblems(
        () => this.stack.inventory.meshes.checkIsFirst(this),
        () => this.checkMembers(),
        () => this.checkNodeCount(),
        () => isSound && checkMesh(this.definition),
      ),
    ];
  }

  private checkMembers(): void {
    const stranger = this.members.find((cell) => !this.stack.inventory.cells.has(cell));
    if (stranger === undefined) return;
    throw new NexusError(
      'unknown-member',
      `Cannot take "${stranger.name}" into mesh "${this.name}": [${stranger.node.path}] is a cell of another stack, expected one of ${this.stack.node.id}`,
      { hint: 'Make a cell of that source in this stack, and give that one.' },
    );
  }

  private checkNodeCount(): void {
    const count = this.nodeNames().length;
    if (count >= 1 && count <= meshNodesMax) return;
    throw new NexusError(
      'bad-node-count',
      `Cannot make mesh "${this.name}": it has ${count} nodes, expected 1 to ${meshNodesMax}`,
      { hint: count === 0 ? 'Give it to a swarm as `mesh`.' : 'Use several meshes.' },
    );
  }
}
