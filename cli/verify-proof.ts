/**
 * `nexus verify FILE.proof`: a record and its proof in one file, which need neither ledger nor network. Whether the
 * signer's key was still good is the one thing that the file cannot tell: a ledger that is at hand is asked.
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { kindOf, NexusError, quote } from '../model';
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
import type { LedgerBook } from './ledger-book';
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
  /** The ledger that is at hand. */
  readonly openBook: () => Promise<LedgerBook>;
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
    const { record, checks } = describeProof(file, evidence, keys);
    return [...checks, await judgeSigner(file, record, evidence, keys)];
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return [{ about: file, name: 'proof', ok: false, detail: showControls(error.message) }];
  }
}

function describeProof(
  file: string,
  evidence: RecordEvidence,
  keys: ProofKeys,
): { record: VerifiedRecord; checks: Check[] } {
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
  const checks = Object.entries(details).map(([name, detail]) => ({ about: file, name, ok: true, detail }));
  return { record, checks };
}

/** Whether the key that signed was good at the record's place. Without a ledger to ask, that is said, and no more. */
async function judgeSigner(
  file: string,
  record: VerifiedRecord,
  evidence: RecordEvidence,
  { openBook }: ProofKeys,
): Promise<Check> {
  const check = { about: file, name: 'signer' };
  const book = await openBook().catch((error: unknown) => {
    if (error instanceof NexusError) return error;
    throw error;
  });
  if (book instanceof NexusError) return { ...check, ...notAsked(book.message) };
  if (book.origin !== record.checkpoint.origin)
    return { ...check, ...notAsked(`the ledger at hand is ${quote(book.origin)}`) };
  if (record.index >= book.size)
    return { ...check, ...notAsked(`the ledger at hand has ${count(book.size, 'record')} only`) };
  const entry = await book.at(record.index);
  if (entry?.cid !== record.cid || Buffer.compare(entry.publicKey, evidence.publicKey) !== 0)
    return { ...check, ok: false, detail: `the ledger at hand has another record as entry ${record.index}` };
  const voidness = book.voidness(entry);
  const isKnown = book.authority.standingOf(entry) !== undefined;
  const good = `${book.signerOf(entry)}${isKnown ? ': it counts' : ''}`;
  return { ...check, ok: voidness === undefined, detail: voidness ?? good };
}

const notAsked = (reason: string) =>
  ({
    ok: true,
    skipped: true,
    detail: showControls(`not checked whether the key was replaced or revoked before: ${reason}`),
  }) as const;

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
