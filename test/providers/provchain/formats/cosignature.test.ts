import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  cosign,
  cosignedAt,
  formatCosignature,
  formatCosignerKey,
  formatNote,
  formatVerifierKey,
  openNote,
  parseCosignature,
  parseCosignerKey,
  parseNote,
  parseVerifierKey,
} from '../../../../providers/provchain';
import { logKeyOf, WordLog, witnessKeyOf, wordsOf } from '../witness-rig';

const vector = (name: string): Buffer => readFileSync(join(__dirname, '../../../vectors/tlog/c2sp', name));
const log = new WordLog(wordsOf(5));
const witness = witnessKeyOf(0);
const cosigned = (timeSeconds: bigint): ReturnType<typeof parseNote> => {
  const note = parseNote(Buffer.from(log.checkpoint(5)));
  return { ...note, signatures: [...note.signatures, cosign(note.text, witness, timeSeconds)] };
};

test('the example of the signed note is opened with the key of the specification', () => {
  const verifier = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  expect(openNote(vector('signed-note'), [verifier]).text).toBe('This is an example message.\n');
});

test("the specification's example of a cosignature has its time and is written the same", () => {
  const note = parseNote(vector('cosigned-checkpoint'));
  const blob = note.signatures[1]?.signature ?? new Uint8Array();
  const cosignature = parseCosignature(blob);
  expect(cosignature?.timeSeconds).toBe(1679315147n);
  expect(cosignature && formatCosignature(cosignature)).toEqual(blob);
  expect(formatNote(note)).toBe(vector('cosigned-checkpoint').toString());
});

// The key of a public witness and a public cosignature, as note/note_cosigv1_test.go of transparency-dev/formats has them.
test('a key and a cosignature of public witnesses are read and written the same', () => {
  const key = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2';
  expect(formatCosignerKey(parseCosignerKey(key))).toBe(key);
  const line =
    'ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA==';
  expect(parseCosignature(Buffer.from(line, 'base64').subarray(4))?.timeSeconds).toBe(1727964367n);
  const plain =
    'eQjRQm6eSKzFoiYalgwCPXu2y3ijtg68is9M46JKxuZB+dRfTmeQeDBoXnvxZx2ugnkyV+MUMLXpWs1hPb/W/4xkNQY=';
  expect(parseCosignature(Buffer.from(plain, 'base64').subarray(4))).toBeUndefined();
});

test('a cosignature holds for its cosigner, text and time, and is none of any other', () => {
  const note = cosigned(1_700_000_000n);
  expect(cosignedAt(note, witness)).toBe(1_700_000_000n);
  expect(cosignedAt(note, witnessKeyOf(1))).toBeUndefined();
  expect(openNote(Buffer.from(formatNote(note)), [logKeyOf(1)]).verifiedBy).toHaveLength(1);
  const other = { ...note, text: note.text.replace('\n5\n', '\n6\n') };
  expect(() => cosignedAt(other, witness)).toThrow(`the signature of "${witness.name}" does not hold`);
});

test('of two cosignatures of one key the newer counts, and one that is wrong spoils both', () => {
  const [early, late] = [cosigned(10n), cosigned(20n)];
  const both = { ...early, signatures: [...early.signatures, ...late.signatures] };
  expect(cosignedAt(both, witness)).toBe(20n);
  const wrong = { ...both, text: `${both.text}more\n` };
  expect(() => cosignedAt(wrong, witness)).toThrow('does not hold');
});

test('a key of a log is none of a cosigner, and the other way round', () => {
  expect(() => parseCosignerKey(formatVerifierKey(witness))).toThrow('its type is 1, expected 4');
  expect(() => parseVerifierKey(formatCosignerKey(witness))).toThrow('its type is 4, expected 1');
  expect(formatCosignerKey(parseCosignerKey(formatCosignerKey(witness)))).toBe(formatCosignerKey(witness));
});

test('a signature of the log over the checkpoint itself is no cosignature of the same key', () => {
  const note = parseNote(Buffer.from(new WordLog(wordsOf(1), witness).checkpoint(1)));
  expect(cosignedAt(note, witness)).toBeUndefined();
});

test('any time up to 2^63 - 1 is written and read, a later one and other lengths are refused', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.uint8Array({ minLength: 63, maxLength: 65 }),
      (timeSeconds, signature) => {
        const bytes = formatCosignature({ timeSeconds, signature });
        const isValid = timeSeconds < 2n ** 63n && signature.length === 64;
        expect(parseCosignature(bytes)).toEqual(isValid ? { timeSeconds, signature } : undefined);
      },
    ),
  );
});

test('no bit of a cosignature can change', () => {
  const note = cosigned(1_700_000_000n);
  const [own, line] = note.signatures;
  fc.assert(
    fc.property(fc.nat({ max: 72 * 8 - 1 }), (bit) => {
      const signature = line?.signature.slice() ?? new Uint8Array();
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const changed = [own, line && { ...line, signature }].filter((each) => each !== undefined);
      expect(() => cosignedAt({ ...note, signatures: changed }, witness)).toThrow('does not hold');
    }),
  );
});
