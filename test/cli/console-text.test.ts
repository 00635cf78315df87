/** What a person sees of a console. */
import * as fc from 'fast-check';
import { createScreen } from '../../cli/console-screen';
import { ConsoleText, lastLines } from '../../cli/console-text';

const show = (...chunks: string[]): string => {
  const text = new ConsoleText();
  return chunks.map((chunk) => text.push(Buffer.from(chunk))).join('');
};

test('lines of cells are shown, lines for machines are not, a panic is', () => {
  const log = 'rumpk: up\r\n@nexus record 00 {}\nhello: hi\n@nexus panic out of memory\n';
  expect(show(log)).toBe('rumpk: up\nhello: hi\n@nexus panic out of memory\n');
});

test('the beginning of a line is shown at once unless it may be a machine line', () => {
  const text = new ConsoleText();
  const push = (chunk: string): string => text.push(Buffer.from(chunk));
  expect([
    push('name? '),
    push('@nexus x\n'),
    push('@nex'),
    push('us record'),
    push(' 1\n@n'),
    push('o\n'),
  ]).toEqual(['name? ', '@nexus x\n', '', '', '', '@no\n']);
});

test('control characters are shown, not obeyed', () => {
  expect(show('a\u001b]52;c;x\u0007\tb\u009b1m\u202e\n')).toBe('a^[]52;c;x^G\tb<9b>1m<202e>\n');
});

test('what is shown does not depend on how the bytes were cut', () => {
  const piece = fc.constantFrom(
    '@nexus record 1\n',
    '@nexus panic x\n',
    'hello: ä€😀\n',
    '@',
    '@nexus ',
    'x',
    '\n',
    '\r\n',
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(`${pieces.join('')}\n`));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (bytes, cuts) => {
      const whole = new ConsoleText().push(bytes);
      const ends = [...new Set([...cuts.filter((cut) => cut < bytes.length), bytes.length])].sort(
        (a, b) => a - b,
      );
      const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      const parts = new ConsoleText();
      expect(pieces.map((each) => parts.push(each)).join('')).toBe(whole);
    }),
  );
});

test('the last lines of a log, whole or not', () => {
  const log = Buffer.from('one\ntwo\nthree\n');
  expect(lastLines(log, 2)).toEqual(['two', 'three']);
  expect(lastLines(log, 9)).toEqual(['one', 'two', 'three']);
  expect(lastLines(Buffer.from(''), 2)).toEqual([]);
  expect(lastLines(Buffer.from('prompt> '), 2)).toEqual(['prompt> ']);
});

test('a line that had begun in the log goes on in the stream', () => {
  let out = '';
  const screen = createScreen({}, { write: (text) => (out += text) });
  screen.begin(Buffer.from('zero\none\n@nex'), 2);
  screen.show(Buffer.from('us record 1\ntwo'));
  screen.end();
  expect(out).toBe('one\ntwo\n');
});

test('JSON has one object for each whole line', () => {
  let out = '';
  const screen = createScreen({ json: true }, { write: (text) => (out += text) });
  screen.begin(Buffer.from('one\ntw'), 20);
  screen.show(Buffer.from('o\nthr'));
  screen.end();
  expect(out).toBe('{"text":"one"}\n{"text":"two"}\n{"text":"thr"}\n');
});

test('raw shows every byte', () => {
  let out = '';
  const screen = createScreen({ raw: true }, { write: (text) => (out += text) });
  screen.begin(Buffer.from('one\ntwo\n'), 1);
  screen.show(Buffer.from('\u001b[1m@nexus record 1\n'));
  expect(out).toBe('two\n\u001b[1m@nexus record 1\n');
});
