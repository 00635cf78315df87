import fc from 'fast-check';
import { LineSplitter } from '../../../../providers/deploy/hostd/lines';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function pushInPieces(splitter: LineSplitter, bytes: Buffer, cuts: readonly number[]): string[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((left, right) => left - right);
  const edges = [0, ...ends, bytes.length];
  return edges.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(edges[index], end)));
}

test('lines come out the same wherever the stream is cut', () => {
  const line = fc.stringMatching(/^[ -~]{0,30}$/);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 10 }), (lines, cuts) => {
      const bytes = latin1(lines.map((text) => `${text}\n`).join(''));
      expect(pushInPieces(new LineSplitter(30), bytes, cuts)).toEqual(lines);
    }),
  );
});

test('a line over the bound is left out and counted, and the next one comes whole', () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: 200 }), fc.array(fc.nat(), { maxLength: 10 }), (length, cuts) => {
      const splitter = new LineSplitter(10);
      const bytes = latin1(`before\n${'x'.repeat(length)}\nafter\n`);
      expect(pushInPieces(splitter, bytes, cuts)).toEqual(['before', 'after']);
      expect(splitter.droppedLines).toBe(1);
    }),
  );
});

test('a carriage return before the end of a line is no part of it', () => {
  expect(new LineSplitter(10).push(latin1('0123456789\r\nb\n'))).toEqual(['0123456789', 'b']);
});

test('an unfinished line is forgotten with its connection', () => {
  const splitter = new LineSplitter(10);
  splitter.push(latin1('half'));
  splitter.reset();
  expect(splitter.push(latin1('whole\n'))).toEqual(['whole']);
});
