/** What is wrong with the command line or with a file that it names, as an error of its own: exit code 2. */
import { NexusError } from '../model';

export class UsageError extends NexusError {}

/** Runs what reads the user's input: whatever it finds wrong there is a {@link UsageError}. */
export async function readingInput<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof NexusError) || error instanceof UsageError) throw error;
    const { code, message, hint, place, cause } = error;
    throw new UsageError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(place === undefined ? {} : { place }),
      cause,
    });
  }
}
