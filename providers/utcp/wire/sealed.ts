/**
 * Sealed packets, types 6 to 9: header.ts with the payload under ChaCha20-Poly1305 (RFC 8439).
 *
 *     key               of the sender's direction and the header's key generation, session/keys.ts
 *     nonce             four zero bytes || sequence of the header, which never comes twice under a key
 *     associated data   the 56 bytes of the header
 */
import { open, seal } from '../crypto';
import { headerSizeBytes, tagSizeBytes, type UtcpHeader, writeHeader } from '../header';

/** Inverse of {@link openPacket}. @param key 32 bytes */
export function sealPacket(
  header: UtcpHeader,
  generation: number,
  key: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(headerSizeBytes + payload.length + tagSizeBytes);
  writeHeader(packet, header, payload.length, generation);
  packet.set(
    seal(key, nonceOf(header.sequence), packet.subarray(0, headerSizeBytes), payload),
    headerSizeBytes,
  );
  return packet;
}

/** The payload of a packet whose form is checked; undefined if its tag is not of this key. */
export function openPacket(packet: Uint8Array, sequence: bigint, key: Uint8Array): Uint8Array | undefined {
  const header = packet.subarray(0, headerSizeBytes);
  return open(key, nonceOf(sequence), header, packet.subarray(headerSizeBytes));
}

function nonceOf(sequence: bigint): Uint8Array {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, sequence);
  return nonce;
}
