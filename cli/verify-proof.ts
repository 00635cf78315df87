/** `nexus verify FILE.proof`: a record and its proof in one file, without ledger and network. */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { kindOf, NexusError } from '../model';
import {
  checkPolicy,
  type NoteVerifier,
  openNote,
  type Policy,
  parseOfflineProof,
  type RecordEvidence,
  type VerifiedRecord,
  verifyRecord,
} from '../providers/provchain';
import type { Check } from './check';
import { showControls } from './terminal-text';
import { readingInput, UsageError } from './usage-error';
import { count, describeRecord, shortCid } from './words';

const firstLine = 'c2sp.org/tlog-proof@v1\n';
const fileSizeBytesMax = 4 * 1024 * 1024;

/** Whether a file begins as an offline proof does. */
export function isProofFile(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const descriptor = openSync(path, 'r');
  try {
    const begin = Buffer.alloc(firstLine.length);
    readSync(descriptor, begin, 0, begin.length, 0);
    return begin.toString('latin1') === firstLine;
  } finally {
    closeSync(descriptor);
  }
}

export interface ProofKeys {
  /** The logs that may have signed. */
  readonly verifiers: readonly NoteVerifier[];
  readonly policy: Policy | undefined;
  /** The deployer's key in hex, where it is known. */
  readonly deployerKey: string | undefined;
}

/** @throws UsageError when the file is no proof, or no key is known */
export async function verifyProofFile(file: string, path: string, keys: ProofKeys): Promise<Check[]> {
  const { size } = statSync(path);
  if (size > fileSizeBytesMax)
    throw new UsageError('bad-proof', `Cannot read proof "${file}": ${size} bytes`);
  const evidence = await readingInput(async () => parseOfflineProof(await readFile(path, 'utf8')));
  if (keys.verifiers.length === 0 && keys.policy === undefined)
    throw new UsageError('no-verifier-key', `Cannot verify "${file}": no key of the log is given`, {
      hint: "Give it with --vkey: the line of the log's log.pub, or a file with it.",
    });
  try {
    return describeProof(file, evidence, keys);
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return [{ about: file, name: 'proof', ok: false, detail: showControls(error.message) }];
  }
}

function describeProof(file: string, evidence: RecordEvidence, keys: ProofKeys): Check[] {
  const note = Buffer.from(evidence.proof.checkpoint);
  const witnesses = keys.policy && checkPolicy(note, keys.policy, keys.verifiers[0]).witnessedBy;
  const logs = [...keys.verifiers, ...(keys.policy?.logs ?? []).map(({ verifier }) => verifier)];
  const [log] = openNote(note, logs).verifiedBy;
  if (log === undefined) throw new NexusError('bad-note', 'Cannot open a signed note: no key of it is known');
  const record = verifyRecord(evidence, log);
  const details = {
    ...wordsOf(record, evidence, keys),
    ...(witnesses && { witnesses: cosigned(witnesses) }),
  };
  return Object.entries(details).map(([name, detail]) => ({ about: file, name, ok: true, detail }));
}

function wordsOf(
  { cid, statement, index, checkpoint }: VerifiedRecord,
  evidence: RecordEvidence,
  keys: ProofKeys,
) {
  const key = Buffer.from(evidence.publicKey).toString('hex');
  const signer = key === keys.deployerKey ? 'the deployer' : `key ${key}`;
  return {
    record: showControls(`${kindOf(statement)} ${shortCid(cid)}: ${describeRecord(statement)}`),
    signature: `of ${signer}, over the record`,
    log: `entry ${index} of ${count(checkpoint.size, 'record')}, by the checkpoint that ${showControls(checkpoint.origin)} signed`,
  };
}

function cosigned(witnesses: readonly { readonly name: string }[]): string {
  if (witnesses.length === 0) return 'the policy asks for none';
  return `the checkpoint was cosigned by ${witnesses.map(({ name }) => showControls(name)).join(', ')}`;
}
