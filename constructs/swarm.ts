/** Swarms: equal nodes, which all run one image. */
import { Construct } from 'constructs';
import {
  checkProfileIsBuilt,
  checkSystem,
  compareNames,
  NexusError,
  parseProfileName,
  profileNames,
  type System,
} from '../model';
import { Lazy } from './_engine';
import { checkPlacement, type PlacementWish, placeNodes } from './_placement';
import { stackFile } from './_stack-file';
import { collectProblems, findUnknownProps } from './_validation';
import type { Cell } from './cell';
import { NexusStack } from './nexus-stack';
import type { Profile } from './profile';
import { QemuHost } from './qemu-host';
import { mainResourceId, NexusImage } from './resources';
import { SwarmNode } from './swarm-node';
import type { UtcpMesh } from './utcp-mesh';

/** Props of {@link Swarm}. */
export interface SwarmProps {
  /** Which kernel the image has, and how large it may be. */
  readonly profile: Profile;
  /** Cells of the image. Their order means nothing. */
  readonly cells: readonly Cell[];
  /** Mesh that the nodes are in; at least one of the cells is its member. */
  readonly mesh: UtcpMesh;
  /**
   * Name of the image, and the first part of the nodes' names; once in a stack.
   * @default the construct's id
   */
  readonly name?: string;
  /**
   * Machine that runs all nodes. Several stand in `hosts`.
   * @default QemuHost.local()
   */
  readonly host?: QemuHost;
  /**
   * Machines that run the nodes, which are spread over them in turn: with three hosts the nodes 0, 3 and 6 stand on the
   * first.
   * @default - `host`
   */
  readonly hosts?: readonly QemuHost[];
  /**
   * The most nodes of this swarm on one host; 1 keeps them all apart.
   * @default - no limit
   */
  readonly nodesPerHostMax?: number;
  /**
   * Swarms from whose nodes this one stands apart: a host that runs one of theirs runs none of these.
   * @default - none
   */
  readonly apartFrom?: readonly Swarm[];
  /**
   * Count of nodes.
   * @default 1
   */
  readonly nodes?: number;
}

/** The most nodes that one swarm is given. */
const nodesMax = 10_000;

/**
 * Equal nodes: one image, built from the profile's kernel and the cells, deployed once for each node. The nodes are
 * named after the swarm: `n-0`, `n-1` and so on.
 *
 * ```ts
 * new Swarm(stack, 'n', { profile: Profile.tinybox(), cells: [hello], mesh, nodes: 3 });
 * ```
 */
export class Swarm extends Construct {
  /** Name of the image, and the first part of the nodes' names; once in a stack. */
  readonly name: string;
  /** Machines that may run the nodes. */
  readonly hosts: readonly QemuHost[];
  /** Mesh that the nodes are in. */
  readonly mesh: UtcpMesh;
  /** The nodes by their number, counted from 0. */
  readonly nodes: readonly SwarmNode[];
  /** The Terraform resource of the image, for overrides. */
  readonly resource: NexusImage;
  private readonly props: SwarmProps;
  private readonly stack: NexusStack;

  constructor(scope: Construct, id: string, props: SwarmProps) {
    super(scope, id);
    this.props = props;
    this.name = props.name ?? id;
    this.hosts = props.hosts ?? [props.host ?? QemuHost.local()];
    this.mesh = props.mesh;
    this.stack = NexusStack.of(this);
    this.resource = new NexusImage(this, mainResourceId, {
      name: this.name,
      system: stackFile(this.fileName),
      cells: Lazy.anyValue({ produce: () => this.variantCids() }),
    });
    this.resource.overrideLogicalId(this.name);
    this.nodes = this.makeNodes();
    this.stack.inventory.swarms.add(this);
    this.node.addValidation({ validate: () => this.findProblems() });
  }

  /** Name of the KDL file in the stack's folder. */
  get fileName(): string {
    return `system-${this.name}.kdl`;
  }

  /** Which kernel the image has, and how large it may be. */
  get profile(): Profile {
    return this.props.profile;
  }

  /** CID of the image. */
  get imageCid(): string {
    return this.resource.imageCid;
  }

  /** What goes into the image, as `system.kdl` says it. */
  get definition(): System {
    const cells = this.props.cells.map(({ definition }) => definition);
    return {
      name: this.name,
      profile: parseProfileName(this.props.profile.name),
      cells: cells.toSorted((left, right) => compareNames(left.name, right.name)),
    };
  }

  /** The node of that number, counted from 0. @throws NexusError `unknown-node` */
  nodeAt(index: number): SwarmNode {
    const node = this.nodes[index];
    if (node !== undefined) return node;
    throw new NexusError(
      'unknown-node',
      `Cannot find node ${index} of swarm "${this.name}": it has ${this.nodes.length}, expected a number from 0`,
      { hint: 'Nodes are counted from 0; raise `nodes` to have more.', place: { construct: this.node.path } },
    );
  }

  private get nodeCount(): number {
    return this.props.nodes ?? 1;
  }

  private makeNodes(): readonly SwarmNode[] {
    const release = this.stack.requireRelease().cidOfNodes;
    return placeNodes(this.placementWish()).map(
      (host, index) => new SwarmNode(this, `${this.name}-${index}`, host, release),
    );
  }

  private placementWish(): PlacementWish {
    const { nodesPerHostMax, apartFrom = [] } = this.props;
    const nodes = Number.isInteger(this.nodeCount) ? Math.min(Math.max(this.nodeCount, 0), nodesMax) : 0;
    const hostsOf = (swarm: Swarm) => new Set(swarm.nodes.map(({ host }) => host.name));
    const taken = new Map(apartFrom.map((swarm) => [swarm.name, hostsOf(swarm)]));
    return { swarm: this.name, nodes, hosts: this.hosts, nodesPerHostMax, taken };
  }

  private variantCids(): Record<string, string> {
    return Object.fromEntries(this.props.cells.map((cell) => [cell.name, cell.variantCid]));
  }

  private findProblems(): string[] {
    const { cells, profile, nodes } = this.props;
    const hosts = Object.fromEntries(this.hosts.map(({ name }, index) => [`hosts.${index}`, name]));
    const unknown = findUnknownProps('the stack', { name: this.name, nodes, ...hosts });
    if (unknown.length > 0) return unknown;
    const problems = this.resource.findProblems();
    const cellsAreSound = cells.every((cell) => cell.findProblems().length === 0);
    const isSound = problems.length === 0 && cellsAreSound && profileNames.includes(profile.name);
    return [
      ...problems,
      ...this.findNodeProblems(),
      ...collectProblems(
        () => this.stack.inventory.swarms.checkIsFirst(this),
        () => checkProfileIsBuilt(parseProfileName(profile.name)),
        () => this.checkNodeCount(),
        () => this.checkOneOfHosts(),
        () => checkPlacement(this.placementWish()),
        ...this.hosts.map((host) => () => host.checkIsReachable()),
        () => this.checkCells(),
        () => this.checkMesh(),
        () => isSound && checkSystem(this.definition),
      ),
    ];
  }

  /**
   * What is wrong with the host is wrong with every node, and is said once. Nodes of one host differ in their numbers
   * alone: the last has the longest name.
   */
  private findNodeProblems(): readonly string[] {
    const lastOfHosts = new Map(this.nodes.map((node) => [node.host, node]));
    return [...new Set([...lastOfHosts.values()].flatMap((node) => node.findProblems()))];
  }

  private checkOneOfHosts(): void {
    if (this.props.host === undefined || this.props.hosts === undefined) return;
    throw new NexusError(
      'two-hosts',
      `Cannot place swarm "${this.name}": both \`host\` and \`hosts\` are given, expected one of them`,
      { hint: 'Put all of them into `hosts`.' },
    );
  }

  private checkNodeCount(): void {
    if (this.nodes.length >= 1 && this.nodes.length === this.nodeCount) return;
    throw new NexusError(
      'bad-node-count',
      `Cannot make swarm "${this.name}" of ${this.nodeCount} nodes: expected a whole number from 1 to ${nodesMax}`,
      { hint: 'Remove the swarm if it is to have no node.' },
    );
  }

  private checkCells(): void {
    const stranger = this.props.cells.find((cell) => !this.stack.inventory.cells.has(cell));
    if (stranger === undefined) return;
    throw new NexusError(
      'unknown-cell',
      `Cannot put "${stranger.name}" into swarm "${this.name}": [${stranger.node.path}] is a cell of another stack, expected one of ${this.stack.node.id}`,
      { hint: 'Make a cell of that source in this stack, and give that one.' },
    );
  }

  private checkMesh(): void {
    if (!this.stack.inventory.meshes.has(this.mesh))
      throw new NexusError(
        'unknown-mesh',
        `Cannot put swarm "${this.name}" into mesh "${this.mesh.name}": [${this.mesh.node.path}] is a mesh of another stack, expected one of ${this.stack.node.id}`,
        { hint: 'Make a mesh in this stack, and give that one.' },
      );
    if (this.props.cells.some((cell) => this.mesh.members.includes(cell))) return;
    throw new NexusError(
      'no-member-in-swarm',
      `Cannot put swarm "${this.name}" into mesh "${this.mesh.name}": none of its cells is a member, expected at least one of ${this.mesh.members.map(({ name }) => name).join(', ') || '(none)'}`,
      { hint: 'Add one of the cells to the `members` of the mesh.' },
    );
  }
}
