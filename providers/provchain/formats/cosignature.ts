/**
 * Cosignatures, https://c2sp.org/tlog-cosignature: a witness says that at that time the checkpoint is the largest that
 * it has seen of the log, and that it extends all that it saw before. A cosignature is one more signature line of the
 * checkpoint's note, by a key of type 0x04:
 *
 *     — witness.localhost/2f0c8a1e <base64 of key id || cosignature>
 *
 *     cosignature = u64 time, big-endian || Ed25519 signature                72 bytes
 *     message     = "cosignature/v1\n" "time " seconds since 1970 "\n" text of the note
 *
 * The message does not name the cosigner: each cosigner has a key of its own. The format has a second kind, 0x06 with
 * ML-DSA-44, which we pass over as the signature of an unknown key.
 */
import { signatureSizeBytes, verifyEd25519 } from '../../../model';
import {
  formatVerifierKey,
  type Note,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  noteKeyId,
  parseVerifierKey,
  signaturesOf,
  signatureType,
  wrongSignature,
} from './note';

/** A time and a signature over it and a note's text. */
export interface Cosignature {
  /** Since 1970; below 2^63. */
  readonly timeSeconds: bigint;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

const timeSizeBytes = 8;
const timeSecondsMax = 2n ** 63n - 1n;

/** The bytes behind the key id. Inverse: {@link parseCosignature}. */
export function formatCosignature({ timeSeconds, signature }: Cosignature): Uint8Array {
  const time = Buffer.alloc(timeSizeBytes);
  time.writeBigUInt64BE(timeSeconds);
  return new Uint8Array(Buffer.concat([time, signature]));
}

/** Inverse of {@link formatCosignature}; undefined for other bytes. */
export function parseCosignature(bytes: Uint8Array): Cosignature | undefined {
  if (bytes.length !== timeSizeBytes + signatureSizeBytes) return undefined;
  const timeSeconds = Buffer.from(bytes.subarray(0, timeSizeBytes)).readBigUInt64BE();
  if (timeSeconds > timeSecondsMax) return undefined;
  return { timeSeconds, signature: bytes.slice(timeSizeBytes) };
}

function messageOf(text: string, timeSeconds: bigint): Uint8Array {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`);
}

/** The line that a cosigner adds to a note of that text. */
export function cosign(text: string, cosigner: NoteSigner, timeSeconds: bigint): NoteSignature {
  const signature = cosigner.sign(messageOf(text, timeSeconds));
  const keyId = noteKeyId(cosigner, signatureType.cosignature);
  return { name: cosigner.name, keyId, signature: formatCosignature({ timeSeconds, signature }) };
}

/**
 * When a cosigner has cosigned a note, undefined when it has not; of several times the newest.
 * @throws NexusError `bad-note` when a line names its key and does not hold
 */
export function cosignedAt(note: Note, cosigner: NoteVerifier): bigint | undefined {
  const own = signaturesOf(note, cosigner.name, noteKeyId(cosigner, signatureType.cosignature));
  const times = own.map(({ signature }) => verifiedTime(note.text, cosigner, signature));
  return times.reduce<bigint | undefined>(
    (newest, time) => (newest === undefined || time > newest ? time : newest),
    undefined,
  );
}

function verifiedTime(text: string, cosigner: NoteVerifier, bytes: Uint8Array): bigint {
  const cosignature = parseCosignature(bytes);
  if (cosignature === undefined) throw wrongSignature(cosigner.name);
  const { timeSeconds, signature } = cosignature;
  if (!verifyEd25519(cosigner.publicKey, messageOf(text, timeSeconds), signature))
    throw wrongSignature(cosigner.name);
  return timeSeconds;
}

/** A cosigner's verifier key in one line. Inverse: {@link parseCosignerKey}. */
export function formatCosignerKey(cosigner: NoteVerifier): string {
  return formatVerifierKey(cosigner, signatureType.cosignature);
}

/** Inverse of {@link formatCosignerKey}. @throws NexusError `bad-verifier-key` */
export function parseCosignerKey(text: string): NoteVerifier {
  return parseVerifierKey(text, signatureType.cosignature);
}
