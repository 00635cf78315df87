/** One node of a swarm: where an image runs. */
import { Construct } from 'constructs';
import type { ITerraformDependable } from './_engine';
import { mainResourceId, NexusDeployment } from './resources';
import type { Swarm } from './swarm';

/** One of the equal nodes of a {@link Swarm}; anything can depend on it. */
export class SwarmNode extends Construct implements ITerraformDependable {
  /** Name of the node: the swarm's name, a dash and the node's number. */
  readonly name: string;
  /** The Terraform resource, for overrides. */
  readonly resource: NexusDeployment;

  constructor(swarm: Swarm, name: string, release: string) {
    super(swarm, name);
    this.name = name;
    const { host, mesh } = swarm;
    this.resource = new NexusDeployment(this, mainResourceId, {
      node: name,
      release,
      mesh: mesh.name,
      peers: mesh.resource.publicKeys,
      host: { name: host.name, memoryMib: host.memoryMib, accelerator: host.accelerator },
    });
    this.resource.overrideLogicalId(name);
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
