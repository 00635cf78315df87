import fc from 'fast-check';
import { MachineLineFilter } from '../../../providers/deploy';

const textOf = (filter: MachineLineFilter, ...chunks: string[]): string[] =>
  chunks.map((chunk) => filter.push(Buffer.from(chunk, 'latin1')).toString('latin1'));

test('lines for machines are left out, text and a panic stay byte for byte', () => {
  const said =
    '\r\nOpenSBI\xff\r\n@nexus record 1\r\nhello: @nexus record\n@nexus\n@nexus panic x\n@nexus y\n@nexus panic\n';
  expect(textOf(new MachineLineFilter(), said)).toEqual([
    '\r\nOpenSBI\xff\r\nhello: @nexus record\n@nexus\n@nexus panic x\n',
  ]);
});

test('text goes through at once, and only what may be a machine line is held back', () => {
  const filter = new MachineLineFilter();
  expect(textOf(filter, 'name? ', '@nexus x\n', '@nex', 'us pan', 'ic ', 'why\n@', 'nexus re')).toEqual([
    'name? ',
    '@nexus x\n',
    '',
    '',
    '@nexus panic ',
    'why\n',
    '',
  ]);
  expect([filter.isWithinMachineLine, filter.held.length]).toEqual([true, 0]);
  expect(textOf(filter, 'cord', '\n@nexus ')).toEqual(['', '']);
  expect([filter.isWithinMachineLine, filter.end().toString()]).toEqual([false, '@nexus ']);
  expect(textOf(filter, 'record\n')).toEqual(['record\n']);
});

test('what is text does not depend on how the bytes were cut, and is never held for long', () => {
  const piece = fc.constantFrom(
    '@nexus record 1',
    '@nexus panic x',
    '@nexus ',
    '@',
    'hello: x',
    '\n',
    '\r\n',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 15 }),
      fc.array(fc.nat(200), { maxLength: 8 }),
      (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        const filter = new MachineLineFilter();
        const parts: Buffer[] = [];
        const ends = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort((a, b) => a - b);
        [...ends, bytes.length].forEach((end, index) => {
          parts.push(filter.push(bytes.subarray(ends[index - 1] ?? 0, end)));
          expect(filter.held.length).toBeLessThan(13);
        });
        const whole = new MachineLineFilter();
        const text = Buffer.concat([whole.push(bytes), whole.end()]);
        expect(Buffer.concat([...parts, filter.end()])).toEqual(text);
        const isText = (line: string): boolean => /^(?!@nexus )|^@nexus panic /.test(line);
        const lines = bytes.toString('latin1').split(/(?<=\n)/);
        const last = lines.at(-1)?.endsWith('\n') === false ? lines.pop() : '';
        const expected = lines.filter(isText).join('');
        expect(text.toString('latin1').startsWith(expected)).toBe(true);
        expect((last ?? '').startsWith(text.toString('latin1').slice(expected.length))).toBe(true);
      },
    ),
  );
});
