/**
 * Open, the payload of packet type 4: the initiator, signed. 112 bytes.
 *
 *      0  32  ephemeral X25519 public key of the initiator
 *     32  16  cookie of the responder
 *     48  64  Ed25519 signature, over what session/handshake.ts says
 */
export const openSizeBytes = 112;
const offsets = { ephemeral: 0, cookie: 32, signature: 48 } as const;

export interface Open {
  /** 32 bytes. */
  readonly ephemeral: Uint8Array;
  /** 16 bytes. */
  readonly cookie: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Inverse of {@link formatOpen}; undefined for other bytes. */
export function parseOpen(payload: Uint8Array): Open | undefined {
  if (payload.length !== openSizeBytes) return undefined;
  return {
    ephemeral: payload.slice(offsets.ephemeral, offsets.cookie),
    cookie: payload.slice(offsets.cookie, offsets.signature),
    signature: payload.slice(offsets.signature),
  };
}

export function formatOpen({ ephemeral, cookie, signature }: Open): Uint8Array {
  const payload = new Uint8Array(openSizeBytes);
  payload.set(ephemeral, offsets.ephemeral);
  payload.set(cookie, offsets.cookie);
  payload.set(signature, offsets.signature);
  return payload;
}
