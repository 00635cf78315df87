/**
 * The program `terraform-provider-nexus`. Terraform starts it to serve; a deployment starts the same file again with
 * `hostd --state DIR` as the host daemon.
 */

import { join } from 'node:path';
import { formatError } from '../../model';
import { appendToLedger, runHostdCommand } from '../deploy';
// First, so that nothing which is loaded after it can write to the streams that belong to Terraform.
import { serve } from '../plugin';
import { machineEnvironment } from './machine';
import { definePlugin } from './plugin';

/** The kernel's sources stand beside the program, wherever it was laid. */
const environment = machineEnvironment({ kernelFolder: join(__dirname, 'kernel'), hostdEntry: __filename });

function main([verb, ...rest]: readonly string[]): Promise<void> {
  if (verb === 'hostd') return runHostdCommand(rest, appendToLedger);
  return serve(definePlugin(environment));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = 1;
});
