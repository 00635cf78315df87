/**
 * Accept, the payload of packet type 5: the responder, signed. 96 bytes.
 *
 *      0  32  ephemeral X25519 public key of the responder
 *     32  64  Ed25519 signature, over what session/handshake.ts says
 */
export const acceptSizeBytes = 96;
const offsets = { ephemeral: 0, signature: 32 } as const;

export interface Accept {
  /** 32 bytes. */
  readonly ephemeral: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Inverse of {@link formatAccept}; undefined for other bytes. */
export function parseAccept(payload: Uint8Array): Accept | undefined {
  if (payload.length !== acceptSizeBytes) return undefined;
  return {
    ephemeral: payload.slice(offsets.ephemeral, offsets.signature),
    signature: payload.slice(offsets.signature),
  };
}

export function formatAccept({ ephemeral, signature }: Accept): Uint8Array {
  const payload = new Uint8Array(acceptSizeBytes);
  payload.set(ephemeral, offsets.ephemeral);
  payload.set(signature, offsets.signature);
  return payload;
}
