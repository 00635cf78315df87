/** What the provider takes from the machine it really runs on: the only place that binds clock and randomness. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { formatError } from '../../model';
import { clangTools } from '../factory';
import type { Environment } from './client';
import { unlockingOf } from './passphrase';
import { registryOf } from './registry';

/** @param places where the kernel's sources stand, and which script becomes the host daemon */
export function machineEnvironment(places: Pick<Environment, 'kernelFolder' | 'hostdEntry'>): Environment {
  return {
    ...places,
    tools: clangTools(),
    clock: Date.now,
    random: (sizeBytes) => new Uint8Array(randomBytes(sizeBytes)),
    unlocking: unlockingOf(process.env),
    ledger: process.env.NEXUS_LEDGER,
    registry: registryOf(process.env, (error) => process.stderr.write(`nexus: ${formatError(error)}\n`)),
    policyFile: process.env.NEXUS_POLICY && resolve(process.env.NEXUS_POLICY),
  };
}
