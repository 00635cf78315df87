/**
 * Cookie, the payload of packet type 3: say that again, with this. 48 bytes. Whoever sends it keeps nothing.
 *
 *      0  32  ephemeral of the initiate that is answered
 *     32  16  cookie             session/handshake.ts says how it is made
 */
export const cookieSizeBytes = 48;
const offsets = { ephemeral: 0, cookie: 32 } as const;

export interface Cookie {
  /** 32 bytes. */
  readonly ephemeral: Uint8Array;
  /** 16 bytes. */
  readonly cookie: Uint8Array;
}

/** Inverse of {@link formatCookie}; undefined for other bytes. */
export function parseCookie(payload: Uint8Array): Cookie | undefined {
  if (payload.length !== cookieSizeBytes) return undefined;
  return {
    ephemeral: payload.slice(offsets.ephemeral, offsets.cookie),
    cookie: payload.slice(offsets.cookie),
  };
}

export function formatCookie({ ephemeral, cookie }: Cookie): Uint8Array {
  const payload = new Uint8Array(cookieSizeBytes);
  payload.set(ephemeral, offsets.ephemeral);
  payload.set(cookie, offsets.cookie);
  return payload;
}
