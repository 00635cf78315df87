/** The release of a stack: what all its swarms are to run, and the variable that rolls them back. */
import { Construct } from 'constructs';
import { compareNames } from '../model';
import { conditional, Fn, Lazy, Op, TerraformOutput, TerraformVariable, Token } from './_engine';
import { stackFile } from './_stack-file';
import type { NexusStack } from './nexus-stack';
import type { Release } from './release';
import { mainResourceId, NexusRelease } from './resources';
import type { Swarm } from './swarm';

/** Props of {@link StackRelease}. */
export interface StackReleaseProps {
  /**
   * An older release to roll back to.
   * @default - the release that the code describes
   */
  readonly release?: Release | undefined;
}

/**
 * What all swarms of a stack are to run, recorded before anything is deployed. Its Terraform variable `release` rolls
 * the nodes back to an older one.
 */
export class StackRelease extends Construct {
  /** The Terraform resource, for overrides. */
  readonly resource: NexusRelease;
  /** `release`: the CID to roll back to; empty for the release that the code describes. */
  readonly variable: TerraformVariable;
  /** CID of the release that the nodes run: the variable, or else the release that the code describes. */
  readonly cid: string;
  /**
   * The same as {@link cid} for Terraform, written out where that can be done: it stands at every node.
   * @internal
   */
  readonly cidOfNodes: string;
  private readonly stack: NexusStack;

  constructor(stack: NexusStack, id: string, { release }: StackReleaseProps) {
    super(stack, id);
    this.stack = stack;
    this.resource = this.makeResource();
    // The default of a variable is a constant in Terraform: a CID that is known only later stands beside it.
    const isDefault = release !== undefined && !release.isKnownLater;
    this.variable = new TerraformVariable(this, 'variable', {
      type: 'string',
      default: isDefault ? release.cid : '',
      description: 'CID of the release to run. Empty: the one that the code describes.',
    });
    this.variable.overrideLogicalId('release');
    this.cid = this.variableOr(release?.isKnownLater === true ? release.cid : this.resource.cid);
    this.cidOfNodes =
      release?.isKnownLater === true
        ? this.cid
        : `\${(var.release == "") ? ${this.resource.fullName}.cid : var.release}`;
    this.makeOutputs();
    this.node.addValidation({
      validate: () => [...this.resource.findProblems(), ...(release?.findProblems() ?? [])],
    });
  }

  /**
   * CID of the variable, or else that one.
   * @internal
   */
  variableOr(cid: string): string {
    const variable = this.variable.stringValue;
    return Token.asString(conditional(Op.eq(variable, Fn.rawString('')), cid, variable));
  }

  private makeResource(): NexusRelease {
    const resource = new NexusRelease(this, mainResourceId, {
      name: this.stack.node.id,
      systems: this.lazyMap((swarm) => [swarm.name, stackFile(swarm.fileName)]),
      images: this.lazyMap((swarm) => [swarm.name, swarm.imageCid]),
      meshes: this.lazyMap(({ mesh }) => [mesh.name, stackFile(mesh.fileName)]),
      // Plain texts, many: the engine's first pass, which looks for references to other stacks, finds none in them.
      placement: Lazy.anyValue({ produce: ({ preparing }) => (preparing ? {} : this.placement()) }),
    });
    resource.overrideLogicalId('release');
    return resource;
  }

  private makeOutputs(): void {
    this.addOutput('release', this.cid, 'CID of the release that the nodes run');
    this.addOutput('described_release', this.resource.cid, 'CID of the release that the code describes');
    const publicKeys = this.lazyMerge('public_keys');
    this.addOutput('public_keys', publicKeys, "Each node's Ed25519 public key, in hex");
    const cellIds = this.lazyMerge('cell_ids');
    this.addOutput('cell_ids', cellIds, "Each node's CellID in its mesh, in hex");
  }

  private addOutput(name: string, value: unknown, description: string): void {
    new TerraformOutput(this, name, { value, description }).overrideLogicalId(name);
  }

  private lazyMap(entry: (swarm: Swarm) => readonly [string, string]) {
    return Lazy.anyValue({ produce: () => Object.fromEntries(this.swarms.map(entry)) });
  }

  /** The map of every mesh as one: a reference for each mesh, and not for each node. */
  private lazyMerge(attribute: 'public_keys' | 'cell_ids') {
    return Lazy.anyValue({
      produce: () => {
        const meshes = [...new Set(this.swarms.map(({ mesh }) => mesh))].toSorted((left, right) =>
          compareNames(left.name, right.name),
        );
        const references = meshes.map(({ resource }) => `${resource.fullName}.${attribute}`);
        return references.length === 1 ? `\${${references[0]}}` : `\${merge(${references.join(', ')})}`;
      },
    });
  }

  private placement(): Record<string, unknown> {
    return Object.fromEntries(this.nodes.map(({ name, placement }) => [name, placement]));
  }

  private get swarms(): readonly Swarm[] {
    return this.stack.inventory.swarms.all();
  }

  private get nodes(): Swarm['nodes'] {
    return this.swarms.flatMap(({ nodes }) => nodes);
  }
}
