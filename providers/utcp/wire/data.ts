/**
 * Data, the sealed payload of packet type 6: one message of a stream.
 *
 *      0   4  stream
 *      4   4  time stamp         low 32 bits of the sender's clock in microseconds
 *      8   8  sequence           counts the messages of the stream from 0
 *     16   …  message            0 to 1412 bytes
 */
import { payloadSizeBytesMax } from '../header';
import { readCounter, writeCounter } from './counter';

const offsets = { stream: 0, timeStamp: 4, sequence: 8, message: 16 } as const;
export const messageSizeBytesMax = payloadSizeBytesMax - offsets.message;

export interface Data {
  readonly stream: number;
  readonly timeStamp: number;
  readonly sequence: number;
  readonly message: Uint8Array;
}

/** Inverse of {@link formatData}; undefined for other bytes. */
export function parseData(payload: Uint8Array): Data | undefined {
  if (payload.length < offsets.message) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const sequence = readCounter(view, offsets.sequence);
  if (sequence === undefined) return undefined;
  return {
    stream: view.getUint32(offsets.stream),
    timeStamp: view.getUint32(offsets.timeStamp),
    sequence,
    message: payload.slice(offsets.message),
  };
}

export function formatData({ stream, timeStamp, sequence, message }: Data): Uint8Array {
  const payload = new Uint8Array(offsets.message + message.length);
  const view = new DataView(payload.buffer);
  view.setUint32(offsets.stream, stream);
  view.setUint32(offsets.timeStamp, timeStamp);
  writeCounter(view, offsets.sequence, sequence);
  payload.set(message, offsets.message);
  return payload;
}
