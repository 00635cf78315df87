import * as fc from 'fast-check';
import { formatTlogProof, parseTlogProof, type TlogProof } from '../../../../providers/provchain';
import { WordLog, wordsOf } from '../witness-rig';

const checkpoint = new WordLog(wordsOf(3)).checkpoint(3);
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const proof = fc.record(
  {
    extra: fc.uint8Array({ maxLength: 100 }),
    index: fc.maxSafeNat(),
    hashes: fc.array(hash, { maxLength: 64 }),
    checkpoint: fc.constant(checkpoint),
  },
  { requiredKeys: ['index', 'hashes', 'checkpoint'] },
);

test('what is written is read the same, with or without extra data', () => {
  fc.assert(fc.property(proof, (each) => expect(parseTlogProof(formatTlogProof(each))).toEqual(each)));
});

const head = 'c2sp.org/tlog-proof@v1';
test.each([
  ['another first line', `c2sp.org/tlog-proof@v2\nindex 0\n\n${checkpoint}`],
  ['no empty line', `${head}\nindex 0\n`],
  ['no index', `${head}\n\n${checkpoint}`],
  ['an index with a leading zero', `${head}\nindex 00\n\n${checkpoint}`],
  ['extra data behind the index', `${head}\nindex 0\nextra AA==\n\n${checkpoint}`],
  ['extra data twice', `${head}\nextra AA==\nextra AA==\nindex 0\n\n${checkpoint}`],
  ['extra data that is no base64', `${head}\nextra AAA\nindex 0\n\n${checkpoint}`],
  ['a short hash', `${head}\nindex 0\nAAAA\n\n${checkpoint}`],
  [
    'too many hashes',
    `${head}\nindex 0\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(65)}\n${checkpoint}`,
  ],
])('a proof with %s is refused', (_, text) => {
  expect(() => parseTlogProof(text)).toThrow('Cannot read an inclusion proof');
});

test('a changed proof is read or refused, and what is read is written the same', () => {
  const whole = formatTlogProof({
    extra: Buffer.from('hello'),
    index: 2,
    hashes: [new Uint8Array(32)],
    checkpoint,
  });
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.string({ maxLength: 3 }), (at, change) => {
      const text = whole.slice(0, at) + change + whole.slice(at + 1);
      let read: TlogProof | undefined;
      try {
        read = parseTlogProof(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-proof' });
      }
      if (read !== undefined) expect(formatTlogProof(read)).toBe(text);
    }),
  );
});
