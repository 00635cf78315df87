/** One node of a swarm: where an image runs. */
import type { Placement } from '../model';
import type { QemuHost } from './qemu-host';
import { NexusDeployment } from './resources';
import type { Swarm } from './swarm';

/**
 * One of the equal nodes of a {@link Swarm}; anything can depend on it. It is its own Terraform resource: with thousands
 * of nodes a construct around each would be half of all constructs.
 */
export class SwarmNode extends NexusDeployment {
  /** Name of the node: the swarm's name, a dash and the node's number. */
  readonly name: string;
  /** Machine that runs the node. */
  readonly host: QemuHost;
  private readonly swarm: Swarm;

  constructor(swarm: Swarm, name: string, host: QemuHost, release: string) {
    const { mesh } = swarm;
    super(swarm, name, {
      node: name,
      release,
      mesh: mesh.name,
      peers: mesh.peersOfNodes,
      host: { name: host.name, memoryMib: host.memoryMib, accelerator: host.accelerator },
    });
    this.name = name;
    this.host = host;
    this.swarm = swarm;
    this.overrideLogicalId(name);
  }

  /** The Terraform resource, for overrides, as all constructs have it: the node itself. */
  get resource(): NexusDeployment {
    return this;
  }

  /** Where the node stands and what it runs. */
  get placement(): Placement {
    return { host: this.host.name, image: this.swarm.name, mesh: this.swarm.mesh.name };
  }

  /** The swarm reports what is wrong with its nodes, once for all. */
  protected override get reportsItself(): boolean {
    return false;
  }
}
