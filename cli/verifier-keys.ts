/** The keys and the policy that `nexus verify` and `nexus audit` check a log with, as they are given. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  formatVerifierKey,
  type NoteVerifier,
  type Policy,
  parseCheckpointText,
  parseNote,
  parsePolicy,
  parseVerifierKey,
} from '../providers/provchain';
import { readingInput, UsageError } from './usage-error';

/** For options that may be given several times. */
export const gather = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

/** Each is a key, or a file with one. @throws UsageError */
export function readVerifiers(given: readonly string[], cwd: string): Promise<NoteVerifier[]> {
  return readingInput(() => Promise.all(given.map((text) => readVerifier(text, cwd))));
}

async function readVerifier(text: string, cwd: string): Promise<NoteVerifier> {
  const path = resolve(cwd, text);
  return parseVerifierKey(existsSync(path) ? (await readFile(path, 'utf8')).trimEnd() : text);
}

/** @throws UsageError */
export function readPolicy(file: string, cwd: string): Promise<Policy> {
  return readingInput(async () => {
    const path = resolve(cwd, file);
    if (existsSync(path)) return parsePolicy(await readFile(path), file);
    throw new UsageError('no-policy', `Cannot read policy "${file}": no such file`, {
      hint: 'Name a file in the form of docs/witness.md.',
    });
  });
}

/** Of several keys the one that a checkpoint names, in one line; the first when it names none. */
export function chooseKey(
  verifiers: readonly NoteVerifier[],
  checkpoint: Uint8Array | undefined,
): string | undefined {
  const [first] = verifiers;
  const chosen = verifiers.find(({ name }) => name === originOf(checkpoint)) ?? first;
  return chosen && formatVerifierKey(chosen);
}

function originOf(checkpoint: Uint8Array | undefined): string | undefined {
  try {
    return checkpoint && parseCheckpointText(parseNote(checkpoint).text).origin;
  } catch {
    return undefined;
  }
}
