/** strace's output, read as what it is: text that a traced program had a hand in. */
import fc from 'fast-check';
import { NexusError } from '../../../model';
import { type TracedCall, TraceReader } from '../../../providers/pledge';

const hex = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');

function readAll(...lines: string[]): TracedCall[] {
  const reader = new TraceReader();
  return lines.flatMap((line) => reader.read(line) ?? []);
}

test('a call has its number, arguments, paths and result', () => {
  const line = `7 openat(-100<${hex('/tmp')}>, "${hex('a b')}", 0x80000|0x40, 0644) = 3<${hex('/tmp/a b')}>`;
  expect(readAll(line)).toEqual([
    {
      process: 7,
      name: 'openat',
      arguments: [
        { value: -100n, path: '/tmp' },
        { value: 1n, text: 'a b' },
        { value: 0x80040n },
        { value: 0o644n },
      ],
      result: 3n,
      resultPath: '/tmp/a b',
    },
  ]);
});

test('a call that another interrupts is put together', () => {
  const [getpid, wait] = readAll(
    '1 wait4(-1,  <unfinished ...>',
    '2 getpid() = 2',
    '2 +++ exited with 0 +++',
    '1 <... wait4 resumed>[{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 2',
  );
  expect([getpid?.name, getpid?.arguments]).toEqual(['getpid', []]);
  expect(wait).toMatchObject({ process: 1, name: 'wait4', result: 2n });
  expect(wait?.arguments.map(({ value }) => value)).toEqual([-1n, 1n, 0n, 0n]);
});

test('errors, calls without an end, flags by name and addresses are understood', () => {
  const [failed, gone, thread, bound] = readAll(
    `1 access("${hex('/none')}", 0x4) = -1 ENOENT (No such file or directory)`,
    '1 exit_group(0)                     = ?',
    '1 clone3({flags=0x4100, exit_signal=17, stack=0x7f3b, stack_size=0x9000} => {parent_tid=[2]}, 88) = 2',
    `1 bind(3<${hex('socket:[1]')}>, {sa_family=0x1, sun_path="${hex('/tmp/s')}"}, 15) = 0`,
  );
  expect([failed?.result, gone?.result]).toEqual([-1n, undefined]);
  expect(thread?.arguments[0]?.value).toBe(0x4111n);
  expect(bound?.arguments[1]).toEqual({ value: 1n, text: '/tmp/s' });
});

test('any name is read as it was given, whatever it looks like', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom('a", 0) = 3', '>\n1 x() = 0')),
      (name) => {
        const [call] = readAll(`1 openat(-100<${hex('/')}>, "${hex(name)}", 0) = 3<${hex(name)}>`);
        const expected = Buffer.from(name, 'utf8').toString('utf8');
        expect([call?.arguments[1]?.text, call?.resultPath]).toEqual([expected, expected]);
      },
    ),
  );
});

test('any other text is a call or a refusal, soon', () => {
  const fragments = fc.constantFrom(
    '1 ',
    '(',
    ')',
    ' = ',
    '3',
    '<',
    '>',
    '"',
    '\\x41',
    '{',
    '}',
    ',',
    '0x',
    '|',
    '<unfinished ...>',
    '<... a resumed>',
    'open',
    '\n',
    'flags=',
    '/* a */',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.array(fragments, { maxLength: 60 }).map((parts) => `1 ${parts.join('')}`),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (lines) => {
      const reader = new TraceReader();
      for (const line of lines) {
        try {
          reader.read(line);
        } catch (error) {
          if (!(error instanceof NexusError)) throw error;
          expect(error.code).toBe('bad-trace');
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(() => readAll(`1 a(${') = '.repeat(100_000)}`)).toThrow(NexusError);
});
