import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  type AddCheckpoint,
  formatAddCheckpoint,
  formatCosignatureLines,
  formatSizeLine,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseNote,
  parseSizeLine,
} from '../../../../providers/provchain';
import { WordLog, wordsOf } from '../witness-rig';

const vector = (name: string): Buffer => readFileSync(join(__dirname, '../../../vectors/tlog/c2sp', name));
const checkpoint = new WordLog(wordsOf(3)).checkpoint(3);

test("the specification's example of a request is read and written the same", () => {
  const request = parseAddCheckpoint(vector('add-checkpoint'));
  expect(request).toMatchObject({ oldSize: 20852014 });
  expect(request.proof).toHaveLength(4);
  expect(parseNote(Buffer.from(request.checkpoint)).signatures).toHaveLength(2);
  expect(formatAddCheckpoint(request)).toBe(vector('add-checkpoint').toString());
});

test("the specification's example of an answer is read and written the same", () => {
  const lines = parseCosignatureLines(vector('cosignatures').toString());
  expect(lines.map(({ name }) => name)).toEqual([
    'witness.example/w1',
    'witness.example/w1',
    'witness.example/w2',
  ]);
  expect(formatCosignatureLines(lines)).toBe(vector('cosignatures').toString());
});

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyRequest = fc.record({
  oldSize: fc.maxSafeNat(),
  proof: fc.array(hash, { maxLength: 63 }),
  checkpoint: fc.constant(checkpoint),
});

test('what is written is read the same', () => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      expect(parseAddCheckpoint(Buffer.from(formatAddCheckpoint(request)))).toEqual(request);
    }),
  );
});

const zero = Buffer.alloc(32).toString('base64');
test.each([
  ['no empty line', 'old 0\n'],
  ['no old size', `\n\n${checkpoint}`],
  ['a size with a leading zero', `old 01\n\n${checkpoint}`],
  ['a negative size', `old -1\n\n${checkpoint}`],
  ['a size beyond 2^53', `old 9007199254740993\n\n${checkpoint}`],
  ['two spaces', `old  1\n\n${checkpoint}`],
  ['a carriage return', `old 1\r\n\n${checkpoint}`],
  ['a short hash', `old 1\nAAAA\n\n${checkpoint}`],
  ['64 hashes', `old 1\n${`${zero}\n`.repeat(64)}\n${checkpoint}`],
  ['too many bytes', `old 1\n\n${'x'.repeat(300_000)}`],
])('a request with %s is refused', (_, text) => {
  expect(() => parseAddCheckpoint(Buffer.from(text))).toThrow('Cannot read an add-checkpoint request');
});

test('changed bytes are read or refused, and what is read is written the same', () => {
  const whole = Buffer.from(formatAddCheckpoint({ oldSize: 1, proof: [new Uint8Array(32)], checkpoint }));
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      let request: AddCheckpoint | undefined;
      try {
        request = parseAddCheckpoint(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-add-checkpoint' });
      }
      if (request !== undefined) expect(Buffer.from(formatAddCheckpoint(request))).toEqual(bytes);
    }),
  );
});

test('a size is a decimal and a newline', () => {
  expect(parseSizeLine(formatSizeLine(20852014))).toBe(20852014);
  for (const text of ['', '\n', '5', '05\n', '-5\n', '5\n\n', '5 \n', '1e3\n', '9007199254740993\n'])
    expect(parseSizeLine(text)).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['an empty line', '\n'],
  ['no newline', '— a AAAAAAA='],
  ['another line', '— a AAAAAAA=\nhello\n'],
  ['65 lines', '— a AAAAAAA=\n'.repeat(65)],
])('an answer with %s is refused', (_, text) => {
  expect(() => parseCosignatureLines(text)).toThrow();
});
