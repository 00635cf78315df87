/**
 * Signed notes, https://c2sp.org/signed-note: a text in UTF-8 that ends in a newline, an empty line, and a line for
 * each signature: an em dash (U+2014), the key's name, and in base64 the key's id and the signature.
 *
 *     provchain.localhost/5f0c8a1e
 *     1
 *     DTrtAjFI/9KiWfvQzcf7PPl1ZYdg03dbgq9vkKrMLfw=
 *
 *     — provchain.localhost/5f0c8a1e wXkPy7h0…
 *
 *     key id       = SHA-256(name || 0x0A || type || public key)[0:4]
 *     signature    = Ed25519 over the text with its last newline
 *     verifier key = name+hex(key id)+base64(type || public key)
 *
 * The type of a log's key is 0x01, that of a witness's is 0x04 (cosignature.ts).
 */
import { isPublicKeyAdmitted, NexusError, quote, sha256, verifyEd25519 } from '../../../model';
import { formatBase64, parseBase64 } from './base64';

export const noteSizeBytesMax = 1024 * 1024;
export const noteSignatureCountMax = 64;
const keyIdSizeBytes = 4;

/** The byte that says what a key's signatures sign. */
export const signatureType = { ed25519: 0x01, cosignature: 0x04 } as const;
export type SignatureType = (typeof signatureType)[keyof typeof signatureType];

/** A key that checks notes. */
export interface NoteVerifier {
  readonly name: string;
  /** The 32 bytes of RFC 8032. */
  readonly publicKey: Uint8Array;
  /**
   * The keys that it replaced, newest first (rotate-key.ts): what they signed last is still there while the log goes
   * over to the new key. Left out by who wants the one key and no other. @default none
   */
  readonly replaces?: readonly NoteVerifier[];
}

/** The key and those that it replaced. */
export function withReplaced(verifier: NoteVerifier): readonly NoteVerifier[] {
  return [verifier, ...(verifier.replaces ?? [])];
}

/** A key that signs notes. */
export interface NoteSigner extends NoteVerifier {
  sign(message: Uint8Array): Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The four bytes that tell keys of one name apart. */
export function noteKeyId(
  { name, publicKey }: NoteVerifier,
  type: SignatureType = signatureType.ed25519,
): Uint8Array {
  return noteKeyHash({ name, publicKey }, type).slice(0, keyIdSizeBytes);
}

/** The whole hash that the key id is the beginning of. */
export function noteKeyHash(
  { name, publicKey }: NoteVerifier,
  type: SignatureType = signatureType.ed25519,
): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]));
}

/** A note's bytes. Inverse: {@link parseNote}. */
export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`;
}

/** With its newline. Inverse: {@link parseSignatureLine}, which takes it without. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${formatBase64(Buffer.concat([keyId, signature]))}\n`;
}

export function signNote(text: string, signer: NoteSigner): string {
  const signature = signer.sign(Buffer.from(text));
  return formatNote({ text, signatures: [{ name: signer.name, keyId: noteKeyId(signer), signature }] });
}

/** Inverse of {@link formatNote}. Proves nothing yet: see {@link openNote}. @throws NexusError `bad-note` */
export function parseNote(bytes: Uint8Array): Note {
  const whole = decodeNote(bytes);
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) throw badNote('no empty line before its signatures');
  const text = whole.slice(0, split + 1);
  const lines = whole.slice(split + 2).split('\n');
  if (lines.pop() !== '') throw badNote('its last line has no end');
  if (lines.length === 0 || lines.length > noteSignatureCountMax)
    throw badNote(`${lines.length} signatures, expected 1 to ${noteSignatureCountMax}`);
  return { text, signatures: lines.map(parseSignatureLine) };
}

function decodeNote(bytes: Uint8Array): string {
  if (bytes.length > noteSizeBytesMax)
    throw badNote(`${bytes.length} bytes, expected at most ${noteSizeBytesMax}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw badNote('not UTF-8', cause);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) throw badNote('it has a control character');
  return text;
}

/** Unicode's spaces are not those of `\s`: U+0085 is one, U+FEFF is none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const keyName = /^[^\p{White_Space}\p{Surrogate}\u0000-\u001f+]+$/u;

/** Inverse of {@link formatSignatureLine}, without its newline. @throws NexusError `bad-note` */
export function parseSignatureLine(line: string): NoteSignature {
  const [dash, name = '', base64 = '', ...rest] = line.split(' ');
  const blob = parseBase64(base64);
  const isWellFormed = dash === '—' && keyName.test(name) && rest.length === 0;
  if (!isWellFormed || blob === undefined || blob.length <= keyIdSizeBytes)
    throw badNote(`${quote(line)} is no signature line`);
  return { name, keyId: blob.slice(0, keyIdSizeBytes), signature: blob.slice(keyIdSizeBytes) };
}

export interface OpenedNote {
  readonly text: string;
  /** The known keys that signed. */
  readonly verifiedBy: readonly NoteVerifier[];
}

/**
 * The text of a note that at least one of the keys has signed. Signatures of unknown keys are passed over; a wrong
 * signature of a known one spoils the note. @throws NexusError `bad-note`, `other-key`
 */
export function openNote(bytes: Uint8Array, verifiers: readonly NoteVerifier[]): OpenedNote {
  const note = parseNote(bytes);
  const message = Buffer.from(note.text);
  const verifiedBy = verifiers.filter((verifier) => hasSigned(note, verifier, message));
  if (verifiedBy.length > 0) return { text: note.text, verifiedBy };
  throw (
    otherKey(note, verifiers) ?? badNote(`signed by ${describeSigners(note)}, expected ${namesOf(verifiers)}`)
  );
}

const namesOf = (verifiers: readonly NoteVerifier[]): string =>
  verifiers.map(({ name }) => quote(name)).join(' or ');

function describeSigners({ signatures }: Note): string {
  return signatures.map(({ name }) => quote(name)).join(', ');
}

/** Of one name there are several keys, after a rotation for instance: then their ids tell them apart. */
function otherKey({ signatures }: Note, verifiers: readonly NoteVerifier[]): NexusError | undefined {
  const known = verifiers.find(({ name }) => signatures.some((signature) => signature.name === name));
  if (known === undefined) return undefined;
  const ids = signatures.filter(({ name }) => name === known.name).map(({ keyId }) => hexOf(keyId));
  return new NexusError(
    otherKeyCode,
    `Cannot open a signed note: signed by ${quote(known.name)} with key id ${ids.join(', ')}, expected ${hexOf(noteKeyId(known))}; after a rotation of the key, \`nexus verify\` leads from the old one to the new`,
  );
}

/** The code of the error on a note of the right name and another key. */
export const otherKeyCode = 'other-key';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function hasSigned(note: Note, verifier: NoteVerifier, message: Uint8Array): boolean {
  const own = signaturesOf(note, verifier.name, noteKeyId(verifier));
  if (!own.every(({ signature }) => verifyEd25519(verifier.publicKey, message, signature)))
    throw wrongSignature(verifier.name);
  return own.length > 0;
}

/** The lines that name a key: they are its own, or wrong. */
export function signaturesOf(note: Note, name: string, keyId: Uint8Array): readonly NoteSignature[] {
  return note.signatures.filter(
    (signature) => signature.name === name && Buffer.compare(signature.keyId, keyId) === 0,
  );
}

export function wrongSignature(name: string): NexusError {
  return badNote(`the signature of ${quote(name)} does not hold`);
}

function badNote(reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-note', `Cannot open a signed note: ${reason}`, { cause });
}

/** A verifier key in one line, as other tools take it. Inverse: {@link parseVerifierKey}. */
export function formatVerifierKey(
  verifier: NoteVerifier,
  type: SignatureType = signatureType.ed25519,
): string {
  const keyId = Buffer.from(noteKeyId(verifier, type)).toString('hex');
  return `${verifier.name}+${keyId}+${formatBase64(Buffer.concat([Buffer.from([type]), verifier.publicKey]))}`;
}

const verifierKeyLengthMax = 1000;

/** Inverse of {@link formatVerifierKey}. @throws NexusError `bad-verifier-key` */
export function parseVerifierKey(text: string, type: SignatureType = signatureType.ed25519): NoteVerifier {
  const [, name = '', keyId = '', base64 = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text.slice(0, verifierKeyLengthMax)) ?? [];
  const blob = parseBase64(base64);
  if (!keyName.test(name) || blob === undefined || text.length > verifierKeyLengthMax)
    throw badVerifierKey(text, 'wrong form');
  const verifier = { name, publicKey: blob.slice(1) };
  if (blob[0] !== type) throw badVerifierKey(text, `its type is ${blob[0]}, expected ${type}`);
  if (!isPublicKeyAdmitted(verifier.publicKey)) throw badVerifierKey(text, 'no key that signs');
  if (formatVerifierKey(verifier, type) === text) return verifier;
  throw badVerifierKey(text, `its id is "${keyId}", which is not that of its key`);
}

function badVerifierKey(text: string, reason: string): NexusError {
  return new NexusError(
    'bad-verifier-key',
    `Cannot read verifier key ${quote(text)}: ${reason}, expected name+id+key of Ed25519`,
    { hint: 'Copy the whole line of the `.pub` file.' },
  );
}
