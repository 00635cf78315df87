/**
 * What the two sides of a handshake make and sign. All of it is public.
 *
 *     open message     "utcp-open-v1" || header of the open (56) || initiator's ephemeral (32) || cookie (16) ||
 *                      initiator's public key (32) || responder's public key (32)
 *     accept message   "utcp-accept-v1" || header of the accept (56) || initiator's epoch (8) ||
 *                      initiator's ephemeral (32) || responder's ephemeral (32) ||
 *                      initiator's public key (32) || responder's public key (32)
 *
 * Both headers hold both CellIDs and the epoch of their sender. The cookie makes the open fresh, the initiator's
 * ephemeral makes the accept fresh. The accept binds no cookie, so that it answers every open of one attempt.
 */
import { headerSizeBytes, type UtcpHeader, writeHeader } from '../header';
import { acceptSizeBytes, openSizeBytes } from '../wire';

export interface Sides {
  /** Ed25519, 32 bytes. */
  readonly initiatorKey: Uint8Array;
  /** Ed25519, 32 bytes. */
  readonly responderKey: Uint8Array;
}

/** The bytes under an open's signature. */
export function openMessage(
  header: UtcpHeader,
  ephemeral: Uint8Array,
  cookie: Uint8Array,
  { initiatorKey, responderKey }: Sides,
): Uint8Array {
  const head = [Buffer.from('utcp-open-v1', 'ascii'), headerBytes(header, openSizeBytes)];
  return Buffer.concat([...head, ephemeral, cookie, initiatorKey, responderKey]);
}

export interface Ephemerals {
  readonly initiator: Uint8Array;
  readonly responder: Uint8Array;
}

/** The bytes under an accept's signature, which the keys of the session are bound to. */
export function acceptMessage(
  header: UtcpHeader,
  initiatorEpoch: bigint,
  { initiator, responder }: Ephemerals,
  { initiatorKey, responderKey }: Sides,
): Uint8Array {
  const head = [Buffer.from('utcp-accept-v1', 'ascii'), headerBytes(header, acceptSizeBytes)];
  return Buffer.concat([
    ...head,
    bigEndian(initiatorEpoch),
    initiator,
    responder,
    initiatorKey,
    responderKey,
  ]);
}

function headerBytes(header: UtcpHeader, payloadLength: number): Uint8Array {
  const bytes = new Uint8Array(headerSizeBytes);
  writeHeader(bytes, header, payloadLength, 0);
  return bytes;
}

function bigEndian(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
