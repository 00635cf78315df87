/**
 * What a policy says of a checkpoint: signed by a log that it knows, and cosigned by as many witnesses as it asks for.
 * A cosignature's time is checked with it and then not used, as https://c2sp.org/tlog-proof has it.
 */
import { NexusError, quote } from '../../../model';
import { type Checkpoint, openCheckpoint, parseCheckpointText } from '../formats/checkpoint';
import { cosignedAt } from '../formats/cosignature';
import { type Note, type NoteVerifier, openNote, parseNote } from '../formats/note';
import { noQuorum, type Policy } from '../formats/policy';
import { areEqual } from '../tree/tree';

/** A witness of the policy that has cosigned. */
export interface Witnessed {
  /** Its name in the policy. */
  readonly name: string;
  /** When it did, in seconds since 1970. */
  readonly timeSeconds: bigint;
}

export interface PolicyVerdict {
  readonly checkpoint: Checkpoint;
  readonly witnessedBy: readonly Witnessed[];
}

/**
 * Opens a checkpoint that meets a policy.
 * @param log the log that it must be of; else one of the policy's
 * @throws NexusError `policy-unmet`, `bad-note`, `bad-checkpoint`
 */
export function checkPolicy(note: Uint8Array, policy: Policy, log?: NoteVerifier): PolicyVerdict {
  const checkpoint = openCheckpoint(note, logOf(note, policy, log));
  const witnessedBy = witnessesOf(parseNote(note), policy);
  if (isQuorum(policy, witnessedBy)) return { checkpoint, witnessedBy };
  throw policyUnmet(
    `Cannot accept the checkpoint of ${quote(checkpoint.origin)} at size ${checkpoint.size}: ${describeQuorum(policy, witnessedBy)}`,
    'It may be one of two histories: ask the log for a checkpoint that its witnesses have cosigned.',
  );
}

/** The log whose checkpoint it is, by its signature. */
function logOf(note: Uint8Array, { logs }: Policy, log: NoteVerifier | undefined): NoteVerifier {
  const name = log?.name ?? parseCheckpointText(parseNote(note).text).origin;
  const ofThatName = logs.map(({ verifier }) => verifier).filter((verifier) => verifier.name === name);
  const known = log === undefined ? ofThatName : ofThatName.filter((verifier) => isSameKey(verifier, log));
  const accepted = log !== undefined && logs.length === 0 ? [log] : known;
  const [signer] = accepted.length === 0 ? [] : openNote(note, accepted).verifiedBy;
  if (signer !== undefined) return signer;
  const names = logs.map(({ verifier }) => quote(verifier.name)).join(' or ') || 'no log';
  throw policyUnmet(`Cannot accept the checkpoint of ${quote(name)}: the policy has ${names}`);
}

function isSameKey(left: NoteVerifier, right: NoteVerifier): boolean {
  return areEqual(left.publicKey, right.publicKey);
}

/** Whether a policy is for checkpoints of that log; one without logs is for any. */
export function isLogOf({ logs }: Policy, log: NoteVerifier): boolean {
  if (logs.length === 0) return true;
  return logs.some(({ verifier }) => verifier.name === log.name && isSameKey(verifier, log));
}

/** The witnesses of the policy that have cosigned. @throws NexusError `bad-note` when a cosignature does not hold */
export function witnessesOf(note: Note, { witnesses }: Policy): Witnessed[] {
  return witnesses.flatMap(({ name, cosigner }) => {
    const timeSeconds = cosignedAt(note, cosigner);
    return timeSeconds === undefined ? [] : [{ name, timeSeconds }];
  });
}

/** Whether these witnesses are enough. */
export function isQuorum(
  { groups, quorum }: Policy,
  witnessedBy: readonly Pick<Witnessed, 'name'>[],
): boolean {
  const names = new Set(witnessedBy.map(({ name }) => name));
  // A group names only what stands above it.
  for (const { name, threshold, members } of groups)
    if (members.filter((member) => names.has(member)).length >= threshold) names.add(name);
  return quorum === noQuorum || names.has(quorum);
}

/** `1 of 3 witnesses cosigned (north), expected 2 of north, south, east` */
export function describeQuorum(policy: Policy, witnessedBy: readonly Pick<Witnessed, 'name'>[]): string {
  const who = witnessedBy.length === 0 ? '' : ` (${witnessedBy.map(({ name }) => name).join(', ')})`;
  const { length } = policy.witnesses;
  return `${witnessedBy.length} of ${length} ${length === 1 ? 'witness' : 'witnesses'} cosigned${who}, expected ${describeName(policy.quorum, policy)}`;
}

function describeName(name: string, policy: Policy): string {
  const group = policy.groups.find((each) => each.name === name);
  if (group === undefined) return name;
  const members = group.members.map((member) => {
    const isGroup = policy.groups.some((each) => each.name === member);
    return isGroup ? `(${describeName(member, policy)})` : member;
  });
  return `${group.threshold} of ${members.join(', ')}`;
}

/** The code of the error on a checkpoint that too few have cosigned. */
export const policyUnmetCode = 'policy-unmet';

export function policyUnmet(message: string, hint?: string): NexusError {
  return new NexusError(policyUnmetCode, message, hint === undefined ? {} : { hint });
}
