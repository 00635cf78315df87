/**
 * The policy of a log, `log.policy` beside its key: every process that may append reads it there, so none can publish
 * with the key and without the witnesses. What it says is in policy.ts, how it is followed in witness-client.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError, quote } from '../../model';
import { errorCode } from '../durable';
import { formatVerifierKey, type NoteVerifier } from './note';
import { type Policy, parsePolicy } from './policy';
import { isLogOf } from './quorum';
import type { Cosign } from './settle';
import { createCollector } from './witness-client';

export const policyFile = 'log.policy';

/** Undefined when there is no such file. @throws NexusError `bad-policy` */
export async function readPolicyFile(path: string): Promise<Policy | undefined> {
  const bytes = await readFile(path).catch(whenMissing);
  return bytes && parsePolicy(bytes, path);
}

function whenMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

/** What cosigns the checkpoints of a log; undefined when nothing asks for that. @throws NexusError `bad-policy` */
export async function openCosign(keysFolder: string, log: NoteVerifier): Promise<Cosign | undefined> {
  const path = join(keysFolder, policyFile);
  const policy = await readPolicyFile(path);
  if (policy === undefined) return undefined;
  if (isLogOf(policy, log)) return createCollector({ policy });
  throw new NexusError(
    'bad-policy',
    `Cannot use policy ${quote(path)}: it does not have the log ${quote(log.name)}`,
    {
      hint: `Add the line: log ${formatVerifierKey(log)}`,
    },
  );
}
