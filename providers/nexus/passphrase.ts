/**
 * Where a passphrase stands, named as OpenSSL names it: `env:NAME`, `file:PATH` (its first line) or `fd:NUMBER`. The
 * passphrase itself is never an argument: every user of the machine sees arguments.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { NexusError, quote } from '../../model';

export type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

const passphraseSizeBytesMax = 1024;

/** @throws NexusError `bad-passphrase-source` */
export function readPassphrase(source: string, environment: ProcessEnvironment): string {
  const [, kind, where = ''] = /^(env|file|fd):(.+)$/s.exec(source) ?? [];
  const found = kind === 'env' ? environment[where] : readFirstLine(kind, where);
  if (found !== undefined && found !== '') return found;
  // What was given may be the passphrase itself, so it is not repeated.
  const reason = kind === undefined ? 'it is named wrongly' : `${quote(source)} has none`;
  throw new NexusError('bad-passphrase-source', `Cannot read the passphrase: ${reason}`, {
    hint: 'Name where it is: env:NAME, file:PATH or fd:NUMBER.',
  });
}

function readFirstLine(kind: string | undefined, where: string): string | undefined {
  if (kind === undefined || (kind === 'fd' && !/^\d{1,4}$/.test(where))) return undefined;
  const descriptor = kind === 'fd' ? Number(where) : openSync(where, 'r');
  try {
    return readBounded(descriptor).toString('utf8').split('\n')[0]?.replace(/\r$/, '');
  } finally {
    if (kind === 'file') closeSync(descriptor);
  }
}

function readBounded(descriptor: number): Buffer {
  const bytes = Buffer.alloc(passphraseSizeBytesMax);
  let size = 0;
  for (
    let read = -1;
    read !== 0 && size < bytes.length && !bytes.subarray(0, size).includes(0x0a);
    size += read
  )
    read = readSync(descriptor, bytes, size, bytes.length - size, null);
  return bytes.subarray(0, size);
}

/** The variable that names where the passphrase of the deployer's key is. */
export const passphraseVariable = 'NEXUS_PASSPHRASE';

/** What the environment of a process opens keys with. */
export function unlockingOf(environment: ProcessEnvironment) {
  const source = environment[passphraseVariable];
  return {
    agentSocket: environment.SSH_AUTH_SOCK,
    ...(source === undefined || source === ''
      ? {}
      : { passphrase: async () => readPassphrase(source, environment) }),
  };
}
