/**
 * Close, the sealed payload of packet type 9: the session is over. 4 bytes.
 *
 *      0   4  reason             0 = done, 1 = the keys are used up
 */
export const closeSizeBytes = 4;
export const closeReasons = { done: 0, exhausted: 1 } as const;
const offsets = { reason: 0 } as const;

export interface Close {
  readonly reason: number;
}

/** Inverse of {@link formatClose}; undefined for other bytes. */
export function parseClose(payload: Uint8Array): Close | undefined {
  if (payload.length !== closeSizeBytes) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const reason = view.getUint32(offsets.reason);
  return reason > closeReasons.exhausted ? undefined : { reason };
}

export function formatClose({ reason }: Close): Uint8Array {
  const payload = new Uint8Array(closeSizeBytes);
  new DataView(payload.buffer).setUint32(offsets.reason, reason);
  return payload;
}
