/** One node of a swarm: where an image runs. */
import { Construct } from 'constructs';
import type { Placement } from '../model';
import type { ITerraformDependable } from './_engine';
import type { QemuHost } from './qemu-host';
import { mainResourceId, NexusDeployment } from './resources';
import type { Swarm } from './swarm';

/** One of the equal nodes of a {@link Swarm}; anything can depend on it. */
export class SwarmNode extends Construct implements ITerraformDependable {
  /** Name of the node: the swarm's name, a dash and the node's number. */
  readonly name: string;
  /** Machine that runs the node. */
  readonly host: QemuHost;
  /** The Terraform resource, for overrides. */
  readonly resource: NexusDeployment;
  private readonly swarm: Swarm;

  constructor(swarm: Swarm, name: string, host: QemuHost, release: string) {
    super(swarm, name);
    this.name = name;
    this.host = host;
    this.swarm = swarm;
    const { mesh } = swarm;
    this.resource = new NexusDeployment(this, mainResourceId, {
      node: name,
      release,
      mesh: mesh.name,
      peers: mesh.resource.publicKeys,
      host: { name: host.name, memoryMib: host.memoryMib, accelerator: host.accelerator },
    });
    this.resource.overrideLogicalId(name);
  }

  /** Where the node stands and what it runs. */
  get placement(): Placement {
    return { host: this.host.name, image: this.swarm.name, mesh: this.swarm.mesh.name };
  }

  /** The node's Ed25519 public key, in hex. */
  get publicKey(): string {
    return this.resource.publicKey;
  }

  /** The node's CellID in its mesh, in hex. */
  get cellId(): string {
    return this.resource.cellId;
  }

  /** For `dependsOn` of any Terraform resource. */
  get fqn(): string {
    return this.resource.fqn;
  }
}
