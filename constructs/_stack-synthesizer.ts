/** Writes a stack's folder: first what the engine writes, the Terraform JSON, then what stands beside it. */
import path from 'node:path';
import type { IStackSynthesizer, ISynthesisSession } from './_engine';
import { findRequiredProviders } from './_required-providers';
import type { NexusStack } from './nexus-stack';
import { writeStackFolder } from './synth';

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
      kdl: this.stack.kdlFiles(),
      cells: cells.all().map(({ name, source }) => ({ name, source })),
      providerPackage: this.stack.providerPackage,
      requiredProviders: findRequiredProviders(this.stack),
    });
  }
}
