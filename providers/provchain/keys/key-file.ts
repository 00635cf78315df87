/**
 * A file with a private key, `<role>.key`, mode 0600. Lines in front of the PEM block (RFC 7468 lets them stand there,
 * and openssl reads over them) say what does not follow from the key; a key made at first use has none:
 *
 *     verifier: provchain.localhost/5c29b78f+fdd90b6a+AROY9ixt…     its name and public key
 *     replaces: provchain.localhost/5c29b78f+3c8f1a02+AdUq…         the keys before it, newest first
 *     -----BEGIN PRIVATE KEY-----
 *
 * The private key is PKCS #8 in one of three forms: plain; encrypted with a passphrase (encrypted-key.ts), `-----BEGIN
 * ENCRYPTED PRIVATE KEY-----`; or not here but in an ssh-agent: then the last line is `agent: ssh-ed25519 <base64>`,
 * the public key as OpenSSH writes it.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { NexusError, publicKeyBytes, quote } from '../../../model';
import { errorCode } from '../../durable';
import { formatVerifierKey, type NoteVerifier, parseVerifierKey } from '../formats/note';
import { formatAgentKey, parseAgentKey } from './ssh-agent';

export type KeySecret =
  | { readonly kind: 'plain'; readonly key: KeyObject }
  | { readonly kind: 'passphrase'; readonly pem: string }
  | { readonly kind: 'agent' };

export interface KeyFile {
  /** Undefined in a file that has none: name and public key follow from the plain key. */
  readonly verifier?: NoteVerifier | undefined;
  /** Keys that this one replaced, newest first. */
  readonly replaces: readonly NoteVerifier[];
  readonly secret: KeySecret;
}

const keyFileSizeBytesMax = 16_384;
const replacesCountMax = 64;

/** Inverse: {@link parseKeyFile}. */
export function formatKeyFile({ verifier, replaces, secret }: KeyFile): string {
  const lines = [
    ...(verifier === undefined ? [] : [`verifier: ${formatVerifierKey(verifier)}`]),
    ...replaces.slice(0, replacesCountMax).map((key) => `replaces: ${formatVerifierKey(key)}`),
    ...(secret.kind === 'agent' && verifier !== undefined
      ? [`agent: ${formatAgentKey(verifier.publicKey)}`]
      : []),
  ];
  return `${lines.map((line) => `${line}\n`).join('')}${pemOf(secret)}`;
}

function pemOf(secret: KeySecret): string {
  if (secret.kind === 'agent') return '';
  return secret.kind === 'passphrase'
    ? secret.pem
    : secret.key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** Inverse of {@link formatKeyFile}. @param file its path, for errors @throws NexusError `bad-key-file` */
export function parseKeyFile(text: string, file: string): KeyFile {
  const at = text.indexOf('-----BEGIN ');
  const fields = (at < 0 ? text : text.slice(0, at)).split('\n').filter((line) => line !== '');
  const valuesOf = (name: string): string[] =>
    fields.flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
  const read = (): KeyFile => {
    const [verifier] = valuesOf('verifier').map((line) => parseVerifierKey(line));
    const replaces = valuesOf('replaces').map((line) => parseVerifierKey(line));
    const [agentKey] = valuesOf('agent').map(parseAgentKey);
    const secret =
      agentKey === undefined
        ? parseSecret(text.slice(Math.max(0, at)), file)
        : agentOf(agentKey, verifier, file);
    return { verifier, replaces, secret: checkSecret(secret, verifier, file) };
  };
  try {
    return read();
  } catch (cause) {
    if (cause instanceof NexusError && cause.code === 'bad-key-file') throw cause;
    throw badKeyFile(file, 'a line of it cannot be read', cause);
  }
}

function agentOf(agentKey: Uint8Array, verifier: NoteVerifier | undefined, file: string): KeySecret {
  if (verifier !== undefined && Buffer.compare(agentKey, verifier.publicKey) === 0) return { kind: 'agent' };
  throw badKeyFile(file, 'the key of the agent is not that of its line "verifier:"');
}

function parseSecret(pem: string, file: string): KeySecret {
  if (pem.startsWith('-----BEGIN ENCRYPTED PRIVATE KEY-----')) return { kind: 'passphrase', pem };
  return { kind: 'plain', key: parsePrivateKey(pem, file) };
}

/** What the passphrase opens is compared when it is opened. */
function checkSecret(secret: KeySecret, verifier: NoteVerifier | undefined, file: string): KeySecret {
  if (verifier === undefined && secret.kind !== 'plain') throw badKeyFile(file, 'no line "verifier:"');
  if (verifier === undefined || secret.kind !== 'plain') return secret;
  if (Buffer.compare(publicKeyBytes(secret.key), verifier.publicKey) === 0) return secret;
  throw badKeyFile(file, 'its private key is not that of its line "verifier:"');
}

/** @param passphrase of an encrypted key @throws NexusError `bad-key-file` */
export function parsePrivateKey(pem: string, file: string, passphrase?: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    throw badKeyFile(file, passphrase === undefined ? 'not a private key in PEM' : 'wrong passphrase', cause);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw badKeyFile(file, `a key of type ${key.asymmetricKeyType}`);
}

/** Undefined when there is none. @throws NexusError `bad-key-file`, `key-exposed` */
export async function readKeyFile(file: string): Promise<KeyFile | undefined> {
  const text = await readSecretFile(file);
  return text === undefined ? undefined : parseKeyFile(text, file);
}

async function readSecretFile(file: string): Promise<string | undefined> {
  const info = await stat(file).catch(whenMissing);
  if (info === undefined) return undefined;
  if ((info.mode & 0o077) !== 0)
    throw new NexusError(
      'key-exposed',
      `Cannot use key ${quote(file)}: its mode is ${(info.mode & 0o777).toString(8)}, expected 600`,
      { hint: 'Others could read it: rotate the key, or run chmod 600 on it if you know that nobody did.' },
    );
  if (info.size > keyFileSizeBytesMax) throw badKeyFile(file, `${info.size} bytes`);
  return readFile(file, 'utf8');
}

export function whenMissing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
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
