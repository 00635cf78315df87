import * as fc from 'fast-check';
import {
  formatCheckpointText,
  formatNote,
  formatVerifierKey,
  openCheckpoint,
  openNote,
  parseCheckpointText,
  parseNote,
  parseVerifierKey,
  signingKeyFromSeed,
  signNote,
} from '../../../../providers/provchain';
import { signCheckpoint } from '../../../../providers/provchain/formats/checkpoint';

const log = signingKeyFromSeed(new Uint8Array(32).fill(1), 'log');
const other = { ...signingKeyFromSeed(new Uint8Array(32).fill(2), 'log'), name: 'other.example/log' };
const text = 'If you think cryptography is the answer\n\nyou do not know the question.\n';
const bytes = (content: string): Uint8Array => Buffer.from(content);

// From https://c2sp.org/signed-note and golang.org/x/mod/sumdb/note, whose example has this key.
const peter = {
  key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  note: `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`,
};

test('a note that other software has signed is opened', () => {
  const verifier = parseVerifierKey(peter.key);
  expect(openNote(bytes(peter.note), [verifier]).verifiedBy).toEqual([verifier]);
  expect(formatVerifierKey(verifier)).toBe(peter.key);
  expect(formatNote(parseNote(bytes(peter.note)))).toBe(peter.note);
});

test('a note is split at its last empty line, and opened by the key that signed it', () => {
  const note = signNote(text, log);
  expect(openNote(bytes(note), [other, log])).toEqual({ text, verifiedBy: [log] });
});

test('signatures of unknown keys are passed over, a wrong one of a known key spoils the note', () => {
  const both = parseNote(bytes(signNote(text, log))).signatures;
  const [mine] = parseNote(bytes(signNote('other text\n', other))).signatures;
  const note = formatNote({ text, signatures: mine === undefined ? both : [...both, mine] });
  expect(openNote(bytes(note), [log]).verifiedBy).toEqual([log]);
  expect(() => openNote(bytes(note), [log, other])).toThrow(
    'the signature of "other.example/log" does not hold',
  );
});

test('a note that no known key has signed is refused', () => {
  expect(() => openNote(bytes(signNote(text, other)), [log])).toThrow(
    `signed by "other.example/log", expected "${log.name}"`,
  );
});

test('16 signatures and more are accepted, too many are not', () => {
  const [signature] = parseNote(bytes(signNote(text, log))).signatures;
  const many = (count: number): Uint8Array =>
    bytes(
      formatNote({
        text,
        signatures: Array.from({ length: count }, () => signature).filter((each) => each !== undefined),
      }),
    );
  expect(openNote(many(16), [log]).verifiedBy).toEqual([log]);
  expect(() => parseNote(many(65))).toThrow('65 signatures, expected 1 to 64');
});

const broken: [string, string][] = [
  ['no signatures', 'text\n'],
  ['no last newline', 'text\n\n— a AAAAAAA='],
  ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
  ['base64 without padding', 'text\n\n— a AAAAAAA\n'],
  ['base64 that is not canonical', 'text\n\n— a AAAAAAB=\n'],
  ['a key name with a plus', 'text\n\n— a+b AAAAAAA=\n'],
  ['a key name with a wide space', 'text\n\n— a\u2003b AAAAAAA=\n'],
  ['a signature of no bytes', 'text\n\n— a AAAAAA==\n'],
  ['a control character', 'te\txt\n\n— a AAAAAAA=\n'],
  ['a carriage return', 'text\r\n\n— a AAAAAAA=\n'],
];
test.each(broken)('a note with %s is refused', (_, note) => {
  expect(() => parseNote(bytes(note))).toThrow('Cannot open a signed note');
});

test('bytes that are not UTF-8 are refused', () => {
  expect(() => parseNote(Buffer.from([0xff, 0x0a, 0x0a]))).toThrow('not UTF-8');
});

test('any text signed is opened again, and no byte of the note can change', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((each) => !/\p{Cc}/u.test(each));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 5 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (lines, at, change) => {
        const content = `${lines.join('\n')}\n`;
        const note = Buffer.from(signNote(content, log));
        expect(openNote(note, [log]).text).toBe(content);
        const index = at % note.length;
        note[index] = (note[index] ?? 0) ^ change;
        expect(() => openNote(note, [log])).toThrow();
      },
    ),
  );
});

test('bytes from anywhere are parsed or refused, and what is parsed is written the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string().map(bytes)), (content) => {
      let note: string | undefined;
      try {
        note = formatNote(parseNote(content));
      } catch {}
      if (note !== undefined) expect(Buffer.from(note)).toEqual(Buffer.from(content));
    }),
  );
});

test('a checkpoint text is written and read', () => {
  const checkpoint = {
    origin: 'example.com/log',
    size: 20852163,
    root: new Uint8Array(32).fill(5),
    extensions: [],
  };
  const written = formatCheckpointText(checkpoint);
  expect(written).toBe('example.com/log\n20852163\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n');
  expect(parseCheckpointText(written)).toEqual(checkpoint);
  const extended = { ...checkpoint, extensions: ['one', 'two'] };
  expect(parseCheckpointText(formatCheckpointText(extended))).toEqual(extended);
});

const root = 'BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=';
test.each([
  ['no origin', `\n1\n${root}\n`],
  ['a size with a leading zero', `a\n01\n${root}\n`],
  ['a size beyond 2^53', `a\n9007199254740993\n${root}\n`],
  ['a negative size', `a\n-1\n${root}\n`],
  ['a short root', 'a\n1\nBQU=\n'],
  ['an empty extension line', `a\n1\n${root}\n\nb\n`],
  ['no last newline', `a\n1\n${root}`],
])('a checkpoint with %s is refused', (_, content) => {
  expect(() => parseCheckpointText(content)).toThrow('Cannot read a checkpoint');
});

test('a checkpoint of another origin is refused, though the key has signed it', () => {
  const head = { size: 1, root: new Uint8Array(32) };
  expect(openCheckpoint(bytes(signCheckpoint(head, log)), log)).toMatchObject({ origin: log.name, size: 1 });
  const note = signNote(formatCheckpointText({ ...head, origin: 'elsewhere', extensions: [] }), log);
  expect(() => openCheckpoint(bytes(note), log)).toThrow(`its origin is "elsewhere", expected "${log.name}"`);
});

test.each([
  ['a wrong id', 'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ['another algorithm', 'PeterNeumann+c74f20a3+AhpcaQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ['no name', '+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
  ['a key of small order', formatVerifierKey({ name: 'a', publicKey: new Uint8Array(32) })],
])('a verifier key with %s is refused', (_, key) => {
  expect(() => parseVerifierKey(key)).toThrow('Cannot read verifier key');
});

// Unicode's White_Space: U+0085 belongs to it and is not in `\s`; U+FEFF is in `\s` and does not.
test.each([
  ['a next line', '\u0085', false],
  ['a space that does not break', '\u00a0', false],
  ['a line separator', '\u2028', false],
  ['a control character', '\u0001', false],
  ['half a character', '\ud800', false],
  ['a byte order mark', '\ufeff', true],
  ['a delete character', '\u007f', true],
  ['letters of another script', 'ключ', true],
])('a key name with %s is judged as the specification says', (_, part, isName) => {
  const named = { ...log, name: `a${part}b` };
  const read = (): unknown => parseVerifierKey(formatVerifierKey(named));
  if (isName) {
    expect(read()).toEqual({ name: named.name, publicKey: log.publicKey });
    expect(openNote(bytes(signNote(text, named)), [named]).verifiedBy).toEqual([named]);
  } else expect(read).toThrow('Cannot read verifier key');
});

test('a key that shares its name or its id with a known one, but not both, is unknown', () => {
  const [line] = parseNote(bytes(signNote('other text\n', other))).signatures;
  const own = parseNote(bytes(signNote(text, log))).signatures;
  const keyId = own[0]?.keyId ?? new Uint8Array();
  for (const stranger of [
    { name: log.name, keyId: line?.keyId ?? new Uint8Array() },
    { name: other.name, keyId },
  ]) {
    const signature = { ...stranger, signature: line?.signature ?? new Uint8Array() };
    const note = formatNote({ text, signatures: [signature, ...own] });
    expect(openNote(bytes(note), [log]).verifiedBy).toEqual([log]);
  }
});

test('a known key may sign twice, and is refused when one of the two does not hold', () => {
  const [right] = parseNote(bytes(signNote(text, log))).signatures;
  const [wrong] = parseNote(bytes(signNote('other text\n', log))).signatures;
  const both = (...signatures: (typeof right)[]): Uint8Array =>
    bytes(formatNote({ text, signatures: signatures.filter((each) => each !== undefined) }));
  expect(openNote(both(right, right), [log]).verifiedBy).toEqual([log]);
  expect(() => openNote(both(right, wrong), [log])).toThrow('does not hold');
});

test('any checkpoint text is read as it was written, with its extension lines', () => {
  const line = fc.string({ minLength: 1, maxLength: 30 }).filter((each) => !/[\n\p{Cs}]/u.test(each));
  const checkpoint = fc.record({
    origin: line,
    size: fc.maxSafeNat(),
    root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    extensions: fc.array(line, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(checkpoint, (each) => expect(parseCheckpointText(formatCheckpointText(each))).toEqual(each)),
  );
});
