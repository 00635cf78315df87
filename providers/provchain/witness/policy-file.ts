/**
 * The policy of a log, `log.policy` beside its key: every process that may append reads it there, so none can publish
 * with the key and without the witnesses. What it says is in policy.ts, how it is followed in witness-client.ts.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NexusError, quote } from '../../../model';
import { errorCode } from '../../durable';
import { formatVerifierKey, type NoteVerifier } from '../formats/note';
import { type Policy, parsePolicy } from '../formats/policy';
import type { LedgerPlace } from '../log/ledger-place';
import type { Cosign } from '../log/settle';
import { isLogOf } from './quorum';
import { createCollector } from './witness-client';

export const policyFile = 'log.policy';

/** @throws NexusError `bad-policy`, `no-policy` */
export async function readPolicyFile(path: string): Promise<Policy> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new NexusError('no-policy', `Cannot read policy ${quote(path)}: no such file`, {
      hint: 'Name a file in the form of docs/witness.md.',
    });
  });
  return parsePolicy(bytes, path);
}

/** What may say which policy a ledger's readers go by. */
export interface PolicyNames {
  /** `--policy` or `NEXUS_POLICY`. */
  readonly named?: string | undefined;
  readonly keysFolder: string;
  readonly place: LedgerPlace;
}

/**
 * Where the policy is that what is read must meet; undefined when nothing asks for one. Who has the log's key is the
 * log: the file beside it says what is published, not what to believe of oneself.
 */
export function findPolicyFile({ named, keysFolder, place }: PolicyNames): string | undefined {
  if (named) return named;
  const file = join(keysFolder, policyFile);
  const isOwn = place.kind !== 'server' && existsSync(join(keysFolder, 'log.key'));
  return isOwn || !existsSync(file) ? undefined : file;
}

/** What cosigns the checkpoints of a log; undefined when nothing asks for that. @throws NexusError `bad-policy` */
export async function openCosign(keysFolder: string, log: NoteVerifier): Promise<Cosign | undefined> {
  const path = join(keysFolder, policyFile);
  if (!existsSync(path)) return undefined;
  const policy = await readPolicyFile(path);
  if (isLogOf(policy, log)) return createCollector({ policy });
  throw new NexusError(
    'bad-policy',
    `Cannot use policy ${quote(path)}: it does not have the log ${quote(log.name)}`,
    {
      hint: `Add the line: log ${formatVerifierKey(log)}`,
    },
  );
}
