/** The error for a ledger whose files do not say what they must. */
import { NexusError } from '../../../model';

export const damageCode = 'ledger-damaged';

/** @param file the path below the ledger's folder, @param reason the current against the required state */
export function damaged(file: string, reason: string, cause?: unknown): NexusError {
  return new NexusError(damageCode, `Cannot trust the ledger's ${JSON.stringify(file)}: ${reason}`, {
    hint: 'It was edited or the disk lost it. `nexus verify LEDGER` names every file that differs; restore those from a copy.',
    cause,
  });
}

export function isDamage(error: unknown): error is NexusError {
  return error instanceof NexusError && error.code === damageCode;
}

/** What an error says, as an audit reports it: the file, and what is wrong with it. */
export function findingOf(error: NexusError): { readonly file: string; readonly problem: string } {
  const [, file = '', problem = error.message] = /"([^"]*)": (.*)$/s.exec(error.message) ?? [];
  return { file, problem };
}
