/** What an archive's reader says when the bytes are not what they should be. */
import { NexusError, quote } from '../../../model';

/** @param name the archive's own name, as far as the reader knows it */
export function badArchive(name: string, reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-archive', `Cannot unpack ${quote(name)}: ${reason}`, {
    cause,
    hint: 'It is cut off, changed or of another kind: fetch it again.',
  });
}
