/**
 * Initiate, the payload of packet type 2: I would like a session. 48 bytes, as many as the answer has.
 *
 *      0  32  ephemeral X25519 public key of the initiator
 *     32  16  zero
 */
export const initiateSizeBytes = 48;
const offsets = { ephemeral: 0, zero: 32 } as const;

export interface Initiate {
  /** 32 bytes. */
  readonly ephemeral: Uint8Array;
}

/** Inverse of {@link formatInitiate}; undefined for other bytes. */
export function parseInitiate(payload: Uint8Array): Initiate | undefined {
  if (payload.length !== initiateSizeBytes) return undefined;
  if (payload.subarray(offsets.zero).some((byte) => byte !== 0)) return undefined;
  return { ephemeral: payload.slice(offsets.ephemeral, offsets.zero) };
}

export function formatInitiate({ ephemeral }: Initiate): Uint8Array {
  const payload = new Uint8Array(initiateSizeBytes);
  payload.set(ephemeral, offsets.ephemeral);
  return payload;
}
