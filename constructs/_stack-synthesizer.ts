/** Writes a stack's folder: first what the engine writes, the Terraform JSON, then what stands beside it. */
import path from 'node:path';
import { formatMesh, formatSystem } from '../model';
import type { IStackSynthesizer, ISynthesisSession, TerraformStack } from './_engine';
import type { NexusStack } from './nexus-stack';
import { type RequiredProvider, writeStackFolder } from './synth';

/** The engine's synthesizer, which validates all constructs, with ours after it. */
export class StackSynthesizer implements IStackSynthesizer {
  constructor(
    private readonly stack: NexusStack,
    private readonly engine: IStackSynthesizer,
  ) {}

  synthesize(session: ISynthesisSession): void {
    this.engine.synthesize(session);
    const { workingDirectory } = session.manifest.forStack(this.stack);
    const { cells } = this.stack.inventory;
    writeStackFolder(path.resolve(session.outdir, workingDirectory), {
      kdl: this.kdlFiles(),
      cells: cells.all().map(({ name, source }) => ({ name, source })),
      providerPackage: this.stack.providerPackage,
      requiredProviders: findRequiredProviders(this.stack),
    });
  }

  private kdlFiles(): ReadonlyMap<string, string> {
    const { swarms, meshes } = this.stack.inventory;
    return new Map([
      ...swarms.all().map((swarm) => [swarm.fileName, formatSystem(swarm.definition)] as const),
      ...meshes.all().map((mesh) => [mesh.fileName, formatMesh(mesh.definition)] as const),
    ]);
  }
}

interface RequiredProvidersFragment {
  readonly terraform?: {
    readonly required_providers?: Record<string, { source?: string; version?: string }>;
  };
}

/** Every provider that the stack asks of Terraform, with its full address. */
function findRequiredProviders(stack: TerraformStack): readonly RequiredProvider[] {
  return stack.allProviders().flatMap((provider) => {
    const { terraform }: RequiredProvidersFragment = provider.toTerraform();
    return Object.values(terraform?.required_providers ?? {}).flatMap(({ source, version }) =>
      source === undefined ? [] : [{ address: fullAddress(source), version }],
    );
  });
}

/** `null` is `registry.terraform.io/hashicorp/null`. */
function fullAddress(source: string): string {
  const parts = source.split('/');
  return [...['registry.terraform.io', 'hashicorp'].slice(0, 3 - parts.length), ...parts].join('/');
}
