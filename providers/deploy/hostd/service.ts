/** What the daemon does for its clients, without the socket they come through: nodes, switches, heartbeats. */
import { NexusError } from '../../../model';
import { currentContent, readNodeRecord } from '../node-record';
import { isHeartbeat, type SignedStatement } from '../record';
import { listNodeFolders, nodePaths } from '../state-folder';
import { type ExpectedHeartbeats, HeartbeatCollector } from './heartbeats';
import type { Log } from './log';
import { AttachedNode, type AttachedNodeOptions } from './node';
import type { NodeView } from './protocol';
import { LearningSwitch } from './switch';

export class HostService {
  readonly heartbeats: HeartbeatCollector;
  private readonly nodes = new Map<string, AttachedNode>();
  private readonly switches = new Map<string, LearningSwitch>();

  constructor(
    readonly stateDir: string,
    private readonly log: Log,
    clock: () => number,
    site?: string,
  ) {
    this.heartbeats = new HeartbeatCollector(clock(), site);
  }

  get nodeCount(): number {
    return this.nodes.size;
  }

  /** Takes up every node that has been started: what a daemon does that follows one that was killed. */
  async attachAll(): Promise<void> {
    for (const name of await listNodeFolders(this.stateDir)) {
      try {
        await this.attach(name);
      } catch (error) {
        this.log(`node ${name} not attached: ${(error as Error).message}`);
      }
    }
  }

  /** @throws NexusError `unknown-node` when it was never started */
  async attach(name: string): Promise<void> {
    const options = await this.optionsOf(name);
    const attached = this.nodes.get(name);
    if (attached !== undefined && sameOptions(attached.options, options)) return attached.hurry();
    this.detach(name);
    const log = (text: string): void => this.log(`node ${name}: ${text}`);
    const onRecord = (record: SignedStatement): void => this.collect(record);
    this.nodes.set(name, new AttachedNode(options, this.switchOf(options.mesh), { log, onRecord }));
    this.log(`node ${name} attached to mesh ${options.mesh}`);
  }

  detach(name: string): void {
    const attached = this.nodes.get(name);
    if (attached === undefined) return;
    attached.close();
    this.nodes.delete(name);
    this.log(`node ${name} detached`);
    for (const [mesh, meshSwitch] of this.switches)
      if (meshSwitch.portCount === 0 && !this.hasMesh(mesh)) this.switches.delete(mesh);
  }

  /** @throws NexusError `unknown-node` */
  find(name: string): AttachedNode {
    const attached = this.nodes.get(name);
    if (attached !== undefined) return attached;
    throw new NexusError(
      'unknown-node',
      `Cannot find node ${JSON.stringify(name)}: not attached to the host daemon`,
      {
        hint: 'See `nexus status` for the nodes that are deployed.',
      },
    );
  }

  views(): NodeView[] {
    return [...this.nodes.values()].map((node) => node.view());
  }

  /** Which nodes are to be heard, and how often. */
  expected(): ExpectedHeartbeats[] {
    return [...this.nodes.values()].map(({ options: { name, heartbeatIntervalMs } }) => ({
      node: name,
      heartbeatIntervalMs,
    }));
  }

  /** Lets go of nodes whose folder was removed. */
  async tidy(): Promise<void> {
    for (const name of [...this.nodes.keys()])
      if ((await this.findRecord(name)) === undefined) this.detach(name);
  }

  close(): void {
    for (const name of [...this.nodes.keys()]) this.detach(name);
  }

  private async optionsOf(name: string): Promise<AttachedNodeOptions> {
    const record = await this.findRecord(name);
    const content = record === undefined ? undefined : currentContent(record);
    if (record === undefined || content === undefined)
      throw new NexusError(
        'unknown-node',
        `Cannot attach node ${JSON.stringify(name)}: it was never started`,
      );
    const { folder } = nodePaths(this.stateDir, name);
    const { mesh, heartbeatIntervalMs } = content;
    return { name, mesh, heartbeatIntervalMs, publicKey: record.publicKey, folder };
  }

  private async findRecord(name: string): ReturnType<typeof readNodeRecord> {
    return readNodeRecord(this.stateDir, name);
  }

  private switchOf(mesh: string): LearningSwitch {
    const existing = this.switches.get(mesh);
    if (existing !== undefined) return existing;
    const made = new LearningSwitch();
    this.switches.set(mesh, made);
    return made;
  }

  private hasMesh(mesh: string): boolean {
    return [...this.nodes.values()].some((node) => node.options.mesh === mesh);
  }

  private collect(record: SignedStatement): void {
    if (isHeartbeat(record)) this.heartbeats.add(record);
  }
}

function sameOptions(left: AttachedNodeOptions, right: AttachedNodeOptions): boolean {
  const keys = ['mesh', 'heartbeatIntervalMs', 'publicKey', 'folder'] as const;
  return keys.every((key) => left[key] === right[key]);
}
