/**
 * Feedback, the sealed payload of packet type 7: what a receiver has of a stream, lacks, and has room for.
 *
 *      0   4  stream
 *      4   4  echo               time stamp of the packet with the highest number seen
 *      8   4  hold               microseconds since that packet came
 *     12   4  number of ranges   0 to 16
 *     16   8  highest            the highest packet number seen
 *     24   8  position           every message below it has come, or is given up
 *     32   8  limit              credit: the sender may send messages below it
 *     40  8n  ranges missing     each: first missing message as offset from the position (4), their count (4)
 *
 * Ranges rise and neither touch nor overlap; none is empty.
 */
import { readCounter, writeCounter } from './counter';

const offsets = {
  stream: 0,
  echo: 4,
  hold: 8,
  rangeCount: 12,
  highest: 16,
  position: 24,
  limit: 32,
  ranges: 40,
} as const;
const rangeSizeBytes = 8;
export const rangesMax = 16;

/** Messages that are missing, from `first`, which counts from 0 as the sequence does. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

export interface Feedback {
  readonly stream: number;
  readonly echo: number;
  readonly holdMicros: number;
  readonly highest: number;
  readonly position: number;
  readonly limit: number;
  readonly ranges: readonly Range[];
}

/** Inverse of {@link formatFeedback}; undefined for other bytes. */
export function parseFeedback(payload: Uint8Array): Feedback | undefined {
  if (payload.length < offsets.ranges) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const rangeCount = view.getUint32(offsets.rangeCount);
  if (rangeCount > rangesMax || payload.length !== offsets.ranges + rangeCount * rangeSizeBytes)
    return undefined;
  const highest = readCounter(view, offsets.highest);
  const position = readCounter(view, offsets.position);
  const limit = readCounter(view, offsets.limit);
  if (highest === undefined || position === undefined || limit === undefined) return undefined;
  const ranges = readRanges(view, position, rangeCount);
  if (ranges === undefined) return undefined;
  const [stream, echo] = [view.getUint32(offsets.stream), view.getUint32(offsets.echo)];
  return { stream, echo, holdMicros: view.getUint32(offsets.hold), highest, position, limit, ranges };
}

function readRanges(view: DataView, position: number, rangeCount: number): Range[] | undefined {
  const ranges: Range[] = [];
  let lowest = 0;
  for (let index = 0; index < rangeCount; index += 1) {
    const at = offsets.ranges + index * rangeSizeBytes;
    const [offset, count] = [view.getUint32(at), view.getUint32(at + 4)];
    if (offset < lowest || count === 0) return undefined;
    ranges.push({ first: position + offset, count });
    lowest = offset + count + 1;
  }
  return ranges;
}

export function formatFeedback(feedback: Feedback): Uint8Array {
  const { ranges, position } = feedback;
  const payload = new Uint8Array(offsets.ranges + ranges.length * rangeSizeBytes);
  const view = new DataView(payload.buffer);
  view.setUint32(offsets.stream, feedback.stream);
  view.setUint32(offsets.echo, feedback.echo);
  view.setUint32(offsets.hold, feedback.holdMicros);
  view.setUint32(offsets.rangeCount, ranges.length);
  writeCounter(view, offsets.highest, feedback.highest);
  writeCounter(view, offsets.position, position);
  writeCounter(view, offsets.limit, feedback.limit);
  ranges.forEach(({ first, count }, index) => {
    const at = offsets.ranges + index * rangeSizeBytes;
    view.setUint32(at, first - position);
    view.setUint32(at + 4, count);
  });
  return payload;
}
