/** Public keys of a repository, one PEM file each; a signature names its key by the file's name or by an identifier. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { NexusError, quote } from '../../../model';

export interface NamedKey {
  /** Its file's, without folders. */
  readonly name: string;
  readonly key: KeyObject;
}

/** @throws NexusError `bad-key` */
export async function readPublicKeys(files: readonly string[]): Promise<readonly NamedKey[]> {
  return Promise.all(files.map(async (file) => ({ name: basename(file), key: await readPublicKey(file) })));
}

async function readPublicKey(file: string): Promise<KeyObject> {
  try {
    return createPublicKey(await readFile(file));
  } catch (cause) {
    throw badKey(file, 'it cannot be read as a public key in PEM', cause);
  }
}

export function badKey(file: string, reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-key', `Cannot use key ${quote(file)}: ${reason}`, {
    cause,
    hint: "Fetch the distribution's public key again, and name its file in the repository.",
  });
}
