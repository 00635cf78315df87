/**
 * Signing records with a key that may be locked: plain in its file, under a passphrase, or in an ssh-agent. The public
 * half is known at once; a passphrase is asked for only when something is to be signed, and once.
 */
import type { KeyObject } from 'node:crypto';
import {
  formatStatement,
  NexusError,
  publicKeyBytes,
  type Statement,
  signEd25519,
  verifyEd25519,
} from '../../../model';
import { preAuthEncoding } from '../formats/dsse';
import type { NoteVerifier } from '../formats/note';
import type { SignedRecord } from '../log/ledger';
import { keyPath, type OpenKeyOptions, openKeyFile } from './key';
import { type KeySecret, parsePrivateKey } from './key-file';
import { signWithAgent } from './ssh-agent';

/** Signs, if need be by asking somebody. */
export interface RecordSigner extends NoteVerifier {
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What opens a locked key. */
export interface Unlocking {
  /** Asks for the passphrase of the key in that file. @default there is nobody to ask */
  readonly passphrase?: ((file: string) => Promise<string>) | undefined;
  /** The socket of the ssh-agent, SSH_AUTH_SOCK. @default there is none */
  readonly agentSocket?: string | undefined;
}

/** The key of a role, made on first use as a plain one. @throws NexusError `bad-key-file`, `key-exposed` */
export async function openRecordSigner(options: OpenKeyOptions & Unlocking): Promise<RecordSigner> {
  const { verifier, secret } = await openKeyFile(options);
  return recordSignerOf(secret, verifier, keyPath(options.folder, options.role), options);
}

/** @param file for questions and errors */
export function recordSignerOf(
  secret: KeySecret,
  { name, publicKey }: NoteVerifier,
  file: string,
  unlocking: Unlocking,
): RecordSigner {
  if (secret.kind === 'agent') {
    const sign = async (message: Uint8Array): Promise<Uint8Array> =>
      checkSignature(await signWithAgent(unlocking.agentSocket, publicKey, message), publicKey, message);
    return { name, publicKey, sign };
  }
  let opened: Promise<KeyObject> | undefined;
  const open = (): Promise<KeyObject> => {
    opened ??= openSecret(secret, publicKey, file, unlocking);
    return opened;
  };
  return { name, publicKey, sign: async (message) => signEd25519(await open(), message) };
}

async function openSecret(
  secret: Exclude<KeySecret, { kind: 'agent' }>,
  publicKey: Uint8Array,
  file: string,
  { passphrase }: Unlocking,
): Promise<KeyObject> {
  if (secret.kind === 'plain') return secret.key;
  if (passphrase === undefined)
    throw new NexusError(
      'no-passphrase',
      `Cannot use key "${file}": it has a passphrase, and nobody to ask for it`,
      {
        hint: 'Set NEXUS_PASSPHRASE to where it is: env:NAME, file:PATH or fd:NUMBER.',
      },
    );
  const key = parsePrivateKey(secret.pem, file, await passphrase(file));
  if (Buffer.compare(publicKeyBytes(key), publicKey) === 0) return key;
  throw new NexusError(
    'bad-key-file',
    `Cannot use key "${file}": its private key is not that of its line "verifier:"`,
  );
}

/** An agent is another program: what it gives is checked before it goes anywhere. */
function checkSignature(signature: Uint8Array, publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  if (verifyEd25519(publicKey, message, signature)) return signature;
  throw new NexusError('bad-agent', 'Cannot use the ssh-agent: its signature does not hold');
}

/** Signs a statement, to be appended with `appendSigned`. */
export async function signStatement(statement: Statement, signer: RecordSigner): Promise<SignedRecord> {
  const payload = formatStatement(statement);
  return { payload, signature: await signer.sign(preAuthEncoding(payload)), publicKey: signer.publicKey };
}
