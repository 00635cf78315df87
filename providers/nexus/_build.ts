/** What the resources that build have in common. */
import type { BuildOptions } from '../factory';
import type { BaseContext } from '../plugin';

/** Stops with Terraform; progress goes to the log, as Terraform shows none of a provider's. */
export function buildOptions({ signal, log }: BaseContext): BuildOptions {
  return { signal, onProgress: (phase, detail) => log.info(`${phase} ${detail}`) };
}
