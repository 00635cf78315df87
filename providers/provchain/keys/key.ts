/**
 * Ed25519 keys in files. `<role>.key` is the private key as PKCS #8 in PEM (RFC 8410), mode 0600; `<role>.pub` beside
 * it is the verifier key in one line (note.ts), for whoever checks. The key's name is the role's host name and the
 * first 8 hex digits of the SHA-256 of the public key: `provchain.localhost/5f0c8a1e`.
 *
 * A key is made once, by link(2) of a complete file: of two processes that start at once both get the same key.
 */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NexusError,
  publicKeyBytes,
  quote,
  seedSizeBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../../../model';
import { createDurably, makeFolder, sweepTemporaries, writeDurably } from '../../durable';
import { formatVerifierKey, type NoteSigner, type NoteVerifier, signatureType } from '../formats/note';
import { type KeyFile, readKeyFile, whenMissing } from './key-file';

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

/** The key of an RFC 8032 seed of 32 bytes. */
export function signingKeyFromSeed(seed: Uint8Array, role: KeyRole): SigningKey {
  return signingKeyOf(signingKeyOfSeed(seed), role);
}

/** @param verifier says the name, which else follows from the key */
export function signingKeyOf(
  privateKey: KeyObject,
  role: KeyRole,
  verifier = verifierOf(publicKeyBytes(privateKey), role),
): SigningKey {
  return { ...verifier, sign: (message) => signEd25519(privateKey, message) };
}

/** A key by the name that follows from it. */
export function verifierOf(publicKey: Uint8Array, role: KeyRole): NoteVerifier {
  const name = `${hostOfRole[role]}/${Buffer.from(sha256(publicKey)).toString('hex').slice(0, 8)}`;
  return { name, publicKey };
}

export interface OpenKeyOptions {
  /** Folder of the key files; made with mode 0700 when missing. */
  readonly folder: string;
  readonly role: KeyRole;
  readonly random: Random;
}

/**
 * The key of a role, made on first use; a plain one, for processes that sign with nobody beside them.
 * @throws NexusError `bad-key-file`, `key-exposed`, `key-locked`
 */
export async function openSigningKey(options: OpenKeyOptions): Promise<SigningKey> {
  const { verifier, replaces, secret } = await openKeyFile(options);
  if (secret.kind === 'plain') return { ...signingKeyOf(secret.key, options.role, verifier), replaces };
  const file = keyPath(options.folder, options.role);
  const what = secret.kind === 'agent' ? 'it is in an ssh-agent' : 'it has a passphrase';
  throw new NexusError('key-locked', `Cannot use key ${quote(file)}: ${what}, expected a plain key`);
}

/** A key file that is there, complete with the key's name, and its `.pub` file beside it. */
export type OpenedKeyFile = KeyFile & { readonly verifier: NoteVerifier };

/** Reads the key of a role, and makes it on first use. @throws NexusError `bad-key-file`, `key-exposed` */
export async function openKeyFile({ folder, role, random }: OpenKeyOptions): Promise<OpenedKeyFile> {
  await makeFolder(folder);
  await sweepTemporaries(folder);
  const file = keyPath(folder, role);
  const found = (await readKeyFile(file)) ?? (await createKeyFile(file, random));
  const opened = { ...found, verifier: nameOf(found, role, file) };
  await writePublicKey(folder, role, opened);
  return opened;
}

/** The name stands in the file, or follows from the key in it. */
export function nameOf({ verifier, secret }: KeyFile, role: KeyRole, file: string): NoteVerifier {
  if (verifier !== undefined) return verifier;
  if (secret.kind === 'plain') return verifierOf(publicKeyBytes(secret.key), role);
  throw new NexusError('bad-key-file', `Cannot use key ${quote(file)}: it has no line "verifier:"`);
}

export function keyPath(folder: string, role: KeyRole): string {
  return join(folder, `${role}.key`);
}

async function createKeyFile(file: string, random: Random): Promise<KeyFile> {
  const key = signingKeyOfSeed(random(seedSizeBytes));
  await createDurably(file, key.export({ format: 'pem', type: 'pkcs8' }).toString());
  return (await readKeyFile(file)) ?? { replaces: [], secret: { kind: 'plain', key } };
}

/** A `.pub` file of a key that was replaced is what an interrupted rotation has left: it follows. */
async function writePublicKey(
  folder: string,
  role: KeyRole,
  { verifier, replaces }: OpenedKeyFile,
): Promise<void> {
  const type = role === 'witness' ? signatureType.cosignature : signatureType.ed25519;
  const lineOf = (key: NoteVerifier): string => `${formatVerifierKey(key, type)}\n`;
  const file = join(folder, `${role}.pub`);
  const present = await readFile(file, 'utf8').catch(whenMissing);
  if (present === lineOf(verifier)) return;
  if (present === undefined) {
    await createDurably(file, lineOf(verifier), { mode: 0o644 });
    return;
  }
  if (replaces.some((key) => lineOf(key) === present))
    return writeDurably(file, lineOf(verifier), { mode: 0o644 });
  throw new NexusError(
    'bad-key-file',
    `Cannot use key ${quote(file)}: it is not the public half of the key beside it`,
    {
      hint: 'Put both files of one key there, or remove the .pub file to have it written again.',
    },
  );
}
