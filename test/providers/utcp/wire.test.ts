/** The payloads of types 2 to 9: writing and reading are inverse, and no bytes make a reader throw. */
import * as fc from 'fast-check';
import {
  counterLimit,
  formatAccept,
  formatClose,
  formatCookie,
  formatData,
  formatFeedback,
  formatHeartbeat,
  formatInitiate,
  formatOpen,
  openPacket,
  parseAccept,
  parseClose,
  parseCookie,
  parseData,
  parseFeedback,
  parseHeartbeat,
  parseInitiate,
  parseOpen,
  sealPacket,
} from '../../../providers/utcp';

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((some) => Uint8Array.from(some));
const word = fc.nat(2 ** 32 - 1);
const counter = fc.nat(counterLimit - 2 ** 40);
const ranges = (position: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), { maxLength: 16 })
    .map((pairs) => {
      let first = position - 1;
      return pairs.map(([gap, count]) => {
        const range = { first: first + gap, count };
        first += gap + count;
        return range;
      });
    });
const feedbacks = counter.chain((position) =>
  fc.record({
    stream: word,
    echo: word,
    holdMicros: word,
    highest: counter,
    position: fc.constant(position),
    limit: counter,
    ranges: ranges(position),
  }),
);
const heartbeats = fc
  .record({ stream: word, timeStamp: word, first: counter, more: word })
  .map(({ stream, timeStamp, first, more }) => ({ stream, timeStamp, first, next: first + more }));

interface Pair<T> {
  readonly values: fc.Arbitrary<T>;
  readonly format: (value: T) => Uint8Array;
  readonly parse: (payload: Uint8Array) => T | undefined;
}

function check<T>({ values, format, parse }: Pair<T>): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(parse(format(value))).toEqual(value);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (payload) => {
      const value = parse(payload);
      if (value !== undefined) expect([...format(value)]).toEqual([...payload]);
    }),
  );
}

const [ephemeral, cookie, signature] = [bytes(32), bytes(16), bytes(64)];

test.each<[string, () => void]>([
  [
    'initiate',
    () => check({ values: fc.record({ ephemeral }), format: formatInitiate, parse: parseInitiate }),
  ],
  [
    'cookie',
    () => check({ values: fc.record({ ephemeral, cookie }), format: formatCookie, parse: parseCookie }),
  ],
  [
    'open',
    () =>
      check({ values: fc.record({ ephemeral, cookie, signature }), format: formatOpen, parse: parseOpen }),
  ],
  [
    'accept',
    () => check({ values: fc.record({ ephemeral, signature }), format: formatAccept, parse: parseAccept }),
  ],
  [
    'data',
    () =>
      check({
        values: fc.record({ stream: word, timeStamp: word, sequence: counter, message: bytes(40) }),
        format: formatData,
        parse: parseData,
      }),
  ],
  ['feedback', () => check({ values: feedbacks, format: formatFeedback, parse: parseFeedback })],
  ['heartbeat', () => check({ values: heartbeats, format: formatHeartbeat, parse: parseHeartbeat })],
  [
    'close',
    () => check({ values: fc.record({ reason: fc.nat(1) }), format: formatClose, parse: parseClose }),
  ],
])('writing and reading %s are inverse, whatever the bytes', (_, run) => {
  run();
});

test('a sealed packet opens with its own key, header and number only', () => {
  const header = { type: 6, source: '11'.repeat(16), destination: '22'.repeat(16), epoch: 1n, sequence: 7n };
  const [key, payload] = [new Uint8Array(32).fill(3), Uint8Array.of(1, 2, 3)];
  const packet = sealPacket(header, 5, key, payload);
  expect([...(openPacket(packet, 7n, key) ?? [])]).toEqual([1, 2, 3]);
  expect(openPacket(packet, 8n, key)).toBeUndefined();
  expect(openPacket(packet, 7n, new Uint8Array(32))).toBeUndefined();
  packet.forEach((_, at) => {
    const changed = packet.map((byte, index) => (index === at ? byte ^ 1 : byte));
    expect([at, openPacket(changed, 7n, key)]).toEqual([at, undefined]);
  });
});
