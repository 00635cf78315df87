/**
 * Ed25519 keys in files. `<role>.key` is the private key as PKCS #8 in PEM (RFC 8410), mode 0600; `<role>.pub` beside
 * it is the verifier key in one line (note.ts), for whoever checks. The key's name is the role's host name and the
 * first 8 hex digits of the SHA-256 of the public key: `provchain.localhost/5f0c8a1e`.
 *
 * A key is made once, by link(2) of a complete file: of two processes that start at once both get the same key.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NexusError,
  publicKeyBytes,
  quote,
  seedSizeBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../../model';
import { createDurably, errorCode, makeFolder, sweepTemporaries } from '../durable';
import { formatVerifierKey, type NoteSigner, signatureType } from './note';

/** A private key in memory; it signs and cannot be read. */
export type SigningKey = NoteSigner;

/** Host names of the keys' names, by role. */
const hostOfRole = {
  log: 'provchain.localhost',
  deployer: 'deployer.localhost',
  witness: 'witness.localhost',
  collector: 'collector.localhost',
} as const;
export type KeyRole = keyof typeof hostOfRole;

export type Random = (sizeBytes: number) => Uint8Array;

const keyFileSizeBytesMax = 4096;

/** The key of an RFC 8032 seed of 32 bytes. */
export function signingKeyFromSeed(seed: Uint8Array, role: KeyRole): SigningKey {
  return signingKeyOf(signingKeyOfSeed(seed), role);
}

function signingKeyOf(privateKey: KeyObject, role: KeyRole): SigningKey {
  const publicKey = publicKeyBytes(privateKey);
  const name = `${hostOfRole[role]}/${Buffer.from(sha256(publicKey)).toString('hex').slice(0, 8)}`;
  return { name, publicKey, sign: (message) => signEd25519(privateKey, message) };
}

export interface OpenKeyOptions {
  /** Folder of the key files; made with mode 0700 when missing. */
  readonly folder: string;
  readonly role: KeyRole;
  readonly random: Random;
}

/** The key of a role, made on first use. @throws NexusError `bad-key-file`, `key-exposed` */
export async function openSigningKey({ folder, role, random }: OpenKeyOptions): Promise<SigningKey> {
  await makeFolder(folder);
  await sweepTemporaries(folder);
  const file = join(folder, `${role}.key`);
  const pem = (await readKeyFile(file)) ?? (await createKeyFile(file, random));
  const key = signingKeyOf(parsePrivateKey(pem, file), role);
  const type = role === 'witness' ? signatureType.cosignature : signatureType.ed25519;
  await writePublicKey(join(folder, `${role}.pub`), formatVerifierKey(key, type));
  return key;
}

async function createKeyFile(file: string, random: Random): Promise<string> {
  const pem = signingKeyOfSeed(random(seedSizeBytes)).export({ format: 'pem', type: 'pkcs8' }).toString();
  await createDurably(file, pem);
  return (await readKeyFile(file)) ?? pem;
}

async function writePublicKey(file: string, line: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch(whenMissing);
  if (present === `${line}\n`) return;
  if (present === undefined) {
    await createDurably(file, `${line}\n`, { mode: 0o644 });
    return;
  }
  throw new NexusError(
    'bad-key-file',
    `Cannot use key ${quote(file)}: it is not the public half of the key beside it`,
    {
      hint: 'Put both files of one key there, or remove the .pub file to have it written again.',
    },
  );
}

async function readKeyFile(file: string): Promise<string | undefined> {
  const info = await stat(file).catch(whenMissing);
  if (info === undefined) return undefined;
  if ((info.mode & 0o077) !== 0)
    throw new NexusError(
      'key-exposed',
      `Cannot use key ${quote(file)}: its mode is ${(info.mode & 0o777).toString(8)}, expected 600`,
      { hint: 'Others could read it: make a new key, or run chmod 600 on it if you know that nobody did.' },
    );
  if (info.size > keyFileSizeBytesMax) throw badKeyFile(file, `${info.size} bytes`);
  return readFile(file, 'utf8');
}

function whenMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

function parsePrivateKey(pem: string, file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem' });
  } catch (cause) {
    throw badKeyFile(file, 'not a private key in PEM', cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw badKeyFile(file, `a key of type ${key.asymmetricKeyType}`);
}

function badKeyFile(file: string, reason: string, cause?: unknown): NexusError {
  return new NexusError(
    'bad-key-file',
    `Cannot use key ${quote(file)}: ${reason}, expected Ed25519 as PKCS #8 in PEM`,
    {
      cause,
      hint: 'Restore the file from a copy. Whoever removes it starts with a new key, which is another signer.',
    },
  );
}
