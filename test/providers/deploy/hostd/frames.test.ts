import fc from 'fast-check';
import { FrameReader, formatFrame } from '../../../../providers/deploy/hostd/frames';

const frame = fc.uint8Array({ minLength: 14, maxLength: 1518 });

function readInPieces(reader: FrameReader, stream: Buffer, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((left, right) => left - right);
  const edges = [0, ...ends, stream.length];
  return edges
    .slice(1)
    .flatMap((end, index) =>
      reader.push(stream.subarray(edges[index], end)).map((part) => Uint8Array.from(part)),
    );
}

test('frames come out of the stream as they went in, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(formatFrame));
      expect(readInPieces(new FrameReader(), stream, cuts)).toEqual(
        frames.map((part) => Uint8Array.from(part)),
      );
    }),
  );
});

test('a frame too short or too long is left out and counted, and the next one comes whole', () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 13 }), fc.integer({ min: 1519, max: 69_632 }));
  fc.assert(
    fc.property(size, frame, fc.array(fc.nat(), { maxLength: 6 }), (sizeBytes, good, cuts) => {
      const reader = new FrameReader();
      const stream = Buffer.concat([formatFrame(new Uint8Array(sizeBytes)), formatFrame(good)]);
      expect(readInPieces(reader, stream, cuts)).toEqual([Uint8Array.from(good)]);
      expect(reader.badSizes).toBe(1);
    }),
    { numRuns: 50 },
  );
});

test('a length that QEMU never writes means that the stream is out of step', () => {
  const reader = new FrameReader();
  expect(() => reader.push(Buffer.from('ffffffff', 'hex'))).toThrow(
    'Cannot read a frame of 4294967295 bytes',
  );
});

test('noise is never held beyond one frame', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 10 }), (chunks) => {
      const reader = new FrameReader();
      try {
        for (const chunk of chunks)
          for (const part of reader.push(chunk)) expect(part.length).toBeLessThan(1519);
      } catch (error) {
        expect((error as Error).message).toContain('Cannot read a frame');
      }
      expect((reader as unknown as { pending: Buffer }).pending.length).toBeLessThan(4 + 1518);
    }),
  );
});
