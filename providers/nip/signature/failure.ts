/** What every adapter says when nobody who may has signed. */
import { NexusError, quote } from '../../../model';

/** @param what the signed file; @param keys the files of the keys that may sign */
export function badSignature(what: string, keys: readonly string[], reason: string): NexusError {
  return new NexusError(
    'bad-signature',
    `Cannot use ${quote(what)}: ${reason}, expected a good signature by a key of ${keys.map(quote).join(', ')}`,
    {
      hint: 'The mirror is broken or hostile, or the key is too old: update it, or name another mirror.',
    },
  );
}

/** @param adapter whose distribution's keys are on no Debian machine */
export function missingKey(adapter: string, file: string): NexusError {
  return new NexusError('missing-key', `Cannot check the index of ${quote(adapter)}: no key, expected one`, {
    hint: `Name the distribution's public key in the repository, such as key ${quote(file)}.`,
  });
}
