/** Errors of the other folders, told to Terraform with the attribute that they are about. */
import { formatPlace, NexusError } from '../../model';
import { AttributeError } from '../plugin';

/** Runs work; a NexusError from it then points at the attribute, with its own place and hint. */
export async function blaming<T>(attribute: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    const place = formatPlace(error.place);
    const message = place === '' ? error.message : `${place} ${error.message}`;
    throw new AttributeError(attribute, message, error.hint);
  }
}
