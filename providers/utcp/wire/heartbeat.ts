/**
 * Heartbeat, the sealed payload of packet type 8: what a sender holds of a stream. 24 bytes. It tells of a lost tail,
 * asks for feedback, and, when `first` is above the receiver's position, says that the gap cannot be repaired.
 *
 *      0   4  stream
 *      4   4  time stamp         low 32 bits of the sender's clock in microseconds
 *      8   8  first              the lowest message that can still be sent again
 *     16   8  next               one above the highest message sent
 */
import { readCounter, writeCounter } from './counter';

export const heartbeatSizeBytes = 24;
const offsets = { stream: 0, timeStamp: 4, first: 8, next: 16 } as const;

export interface Heartbeat {
  readonly stream: number;
  readonly timeStamp: number;
  readonly first: number;
  readonly next: number;
}

/** Inverse of {@link formatHeartbeat}; undefined for other bytes. */
export function parseHeartbeat(payload: Uint8Array): Heartbeat | undefined {
  if (payload.length !== heartbeatSizeBytes) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const [first, next] = [readCounter(view, offsets.first), readCounter(view, offsets.next)];
  if (first === undefined || next === undefined || first > next) return undefined;
  return {
    stream: view.getUint32(offsets.stream),
    timeStamp: view.getUint32(offsets.timeStamp),
    first,
    next,
  };
}

export function formatHeartbeat({ stream, timeStamp, first, next }: Heartbeat): Uint8Array {
  const payload = new Uint8Array(heartbeatSizeBytes);
  const view = new DataView(payload.buffer);
  view.setUint32(offsets.stream, stream);
  view.setUint32(offsets.timeStamp, timeStamp);
  writeCounter(view, offsets.first, first);
  writeCounter(view, offsets.next, next);
  return payload;
}
