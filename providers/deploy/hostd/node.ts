/** A node as the daemon holds it: its console and its port on the mesh's switch. */
import { nodeFiles } from '../state-folder';
import { type ConsoleEvents, NodeConsole } from './console';
import { FrameReader, formatFrame } from './frames';
import { Link } from './link';
import type { NodeView } from './protocol';
import type { LearningSwitch, PortCounters } from './switch';

/** About 150 full frames: what a guest that is slow for a moment can catch up with. */
const queueSizeBytesMax = 262_144;

export interface AttachedNodeOptions {
  readonly name: string;
  readonly mesh: string;
  readonly heartbeatIntervalMs: number;
  readonly publicKey: string;
  readonly folder: string;
}

export class AttachedNode {
  readonly console: NodeConsole;
  private readonly net: Link;
  private frames = new FrameReader();
  private badFrames = 0;
  private streamErrors = 0;

  constructor(
    readonly options: AttachedNodeOptions,
    private readonly meshSwitch: LearningSwitch,
    events: Omit<ConsoleEvents, 'onOpen'>,
  ) {
    // The machine makes its network only after its console has been connected.
    const onOpen = (): void => this.net.hurry();
    this.console = new NodeConsole(options.folder, options.publicKey, { ...events, onOpen });
    this.net = new Link(options.folder, nodeFiles.net, queueSizeBytesMax, {
      onOpen: () => this.handleOpen(),
      onData: (chunk) => this.handleFrames(chunk),
      onClose: () => this.meshSwitch.detach(options.name),
    });
  }

  hurry(): void {
    this.console.hurry();
    this.net.hurry();
  }

  close(): void {
    this.console.close();
    this.net.close();
    this.meshSwitch.detach(this.options.name);
  }

  view(): NodeView {
    const record = this.console.lastRecord?.statement.predicate;
    return {
      node: this.options.name,
      mesh: this.options.mesh,
      console: this.console.isConnected,
      network: this.net.isOpen,
      panic: this.console.panic ?? null,
      epoch: record?.epoch ?? null,
      sequence: record?.sequence ?? null,
      uptimeMicros: record?.uptimeMicros ?? null,
      cells: record?.cells ?? [],
      peers: record?.peers ?? [],
      counters: { ...this.console.counters, ...this.frameCounters() },
    };
  }

  private frameCounters(): PortCounters & { readonly badFrames: number; readonly streamErrors: number } {
    const { badFrames, streamErrors } = this;
    const counters = this.meshSwitch.counters(this.options.name);
    return { ...counters, badFrames: badFrames + this.frames.badSizes, streamErrors };
  }

  private handleOpen(): void {
    this.badFrames += this.frames.badSizes;
    this.frames = new FrameReader();
    this.meshSwitch.attach(this.options.name, (frame) => this.net.write(formatFrame(frame)));
  }

  private handleFrames(chunk: Buffer): void {
    try {
      for (const frame of this.frames.push(chunk)) this.meshSwitch.receive(this.options.name, frame);
    } catch {
      this.streamErrors += 1;
      this.net.restart();
    }
  }
}
