import * as fc from 'fast-check';
import { NexusError } from '../../../../model';
import {
  formatCosignerKey,
  formatPolicy,
  formatVerifierKey,
  type Policy,
  parsePolicy,
} from '../../../../providers/provchain';
import { logKeyOf, policyOf, policyText, witnessKeyOf } from '../witness-rig';

const log = formatVerifierKey(logKeyOf(1));
const key = (number: number): string => formatCosignerKey(witnessKeyOf(number));
const parse = (text: string): Policy => parsePolicy(Buffer.from(text), 'policy');
const verifierOf = ({ name, publicKey }: ReturnType<typeof logKeyOf>) => ({ name, publicKey });

test('the example of the specification is read', () => {
  const policy = parse(`log ${log}

witness X1 ${key(1)}
witness X2 ${key(2)}
witness X3 ${key(3)}
group X-witnesses 2 X1 X2 X3

witness Y1 ${key(4)}
witness Y2 ${key(5)}
witness Y3 ${key(6)}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
`);
  expect(policy.logs).toEqual([{ verifier: verifierOf(logKeyOf(1)) }]);
  expect(policy.witnesses.map(({ name }) => name)).toEqual(['X1', 'X2', 'X3', 'Y1', 'Y2', 'Y3']);
  expect(policy.groups).toEqual([
    { name: 'X-witnesses', threshold: 2, members: ['X1', 'X2', 'X3'] },
    { name: 'Y-witnesses', threshold: 1, members: ['Y1', 'Y2', 'Y3'] },
    { name: 'X-and-Y', threshold: 2, members: ['X-witnesses', 'Y-witnesses'] },
  ]);
  expect(policy.quorum).toBe('X-and-Y');
});

test('spaces, tabs, empty lines and comments mean nothing', () => {
  const policy = parse(
    `\n# a comment\n\t # another\n\twitness \t w  ${key(0)}\t https://w.example/ \n  quorum\tw \n`,
  );
  expect(policy).toEqual({
    logs: [],
    witnesses: [{ name: 'w', cosigner: verifierOf(witnessKeyOf(0)), url: 'https://w.example/' }],
    groups: [],
    quorum: 'w',
  });
  expect(parse('quorum none\n')).toMatchObject({ witnesses: [], quorum: 'none' });
});

test('names are octets: a Kelvin sign is no K, and bytes that are no UTF-8 are a name', () => {
  const kelvin = Buffer.from('\u212a').toString('latin1');
  const lines = `witness K ${key(0)}\nwitness ${kelvin} ${key(1)}\nwitness \xff ${key(2)}\ngroup g 2 K ${kelvin} \xff\nquorum g\n`;
  const policy = parsePolicy(Buffer.from(lines, 'latin1'));
  expect(policy.groups).toEqual([{ name: 'g', threshold: 2, members: ['K', kelvin, '\xff'] }]);
  expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
});

test('the words all, any and group may be names', () => {
  const policy = parse(`witness all ${key(0)}\nwitness any ${key(1)}\ngroup group 2 all any\nquorum group\n`);
  expect(policy.groups).toEqual([{ name: 'group', threshold: 2, members: ['all', 'any'] }]);
});

const w = `witness w ${key(0)}\n`;
const v = `witness v ${key(1)}\n`;
test.each([
  ['an unknown word', 'quibble w\nquorum none\n', '"quibble", expected log, witness, group or quorum', 1, 1],
  ['a carriage return', 'quorum none\r\n', 'a control character', 1, 12],
  ['a comment behind an item', `${w}quorum w # why\n`, 'expected "quorum NAME"', 2, 1],
  ['a log without its key', 'log\n', 'expected "log KEY [URL]"', 1, 1],
  ['a log with the key of a witness', `log ${key(0)}\n`, 'its type is 4, expected 1', 1, 5],
  ['a witness with the key of a log', `witness w ${log}\n`, 'its type is 1, expected 4', 1, 11],
  ['a key that is no UTF-8', `log \xff${log}\n`, 'not UTF-8', 1, 5],
  ['a log twice', `log ${log}\nlog ${log} https://a.example/\n`, 'a second time', 2, 5],
  ['a key twice', `${w}witness v ${key(0)}\n`, 'a second time', 2, 11],
  ['a name twice', `${w}witness w ${key(1)}\n`, 'a second "w"', 2, 9],
  ['a group of the name of a witness', `${w}${v}group w any v\n`, 'a second "w"', 3, 7],
  ['a witness with the name none', `witness none ${key(0)}\n`, 'the name "none"', 1, 9],
  ['a group without members', `${w}group g 1\n`, 'expected "group NAME all|any|COUNT MEMBER…"', 2, 1],
  ['a threshold of none', `${w}group g 0 w\n`, '"0", expected all, any or a number from 1 to 1', 2, 9],
  ['a threshold of too many', `${w}group g 2 w\n`, '"2", expected all, any or a number from 1 to 1', 2, 9],
  ['a threshold with a leading zero', `${w}group g 01 w\n`, '"01", expected', 2, 9],
  [
    'a member that is not known',
    `${w}group g any x\n`,
    '"x", expected a witness or group of a line above',
    2,
    13,
  ],
  [
    'a member of a line below',
    `group g any w\n${w}`,
    '"w", expected a witness or group of a line above',
    1,
    13,
  ],
  ['none as a member', `${w}group g any none w\n`, '"none", expected a witness', 2, 13],
  ['a member twice', `${w}group g all w w\n`, '"w" a second time, expected in one group at most', 2, 15],
  ['a member of two groups', `${w}${v}group g any w v\ngroup h any w\n`, '"w" a second time', 4, 13],
  ['a quorum that is not known', 'quorum x\n', '"x", expected a witness or group of a line above', 1, 8],
  ['two quorums', 'quorum none\nquorum none\n', 'a second quorum, expected one', 2, 1],
  ['no quorum', w, 'no quorum, expected a line "quorum NAME"', 2, undefined],
  ['a last line that is cut off', `${w}quorum w`, 'its last line has no end', 2, undefined],
])('a policy with %s is refused, with its place', (_, text, reason, line, column) => {
  const error = caught(() => parsePolicy(Buffer.from(text, 'latin1'), 'my-policy'));
  expect(error).toMatchObject({ code: 'bad-policy', place: { file: 'my-policy', line } });
  expect(error.message).toContain(reason);
  expect(error.place?.column).toBe(column);
});

function caught(action: () => unknown): NexusError {
  try {
    action();
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('63 items of a kind are taken, and no more', () => {
  const witnesses = (count: number): string =>
    Array.from({ length: count }, (_, at) => `witness w${at} ${key(at)}\n`).join('');
  expect(parse(`${witnesses(63)}quorum w62\n`).witnesses).toHaveLength(63);
  expect(() => parse(`${witnesses(64)}quorum w62\n`)).toThrow('more than 63 lines "witness"');
  expect(() => parsePolicy(Buffer.alloc(300_000, '#'))).toThrow('expected at most 262144');
});

const url = fc.constantFrom(undefined, 'https://a.example/', 'http://[::1]:1/x', 'unix:/run/w.sock');
const anyPolicy = fc
  .record({ urls: fc.array(url, { minLength: 3, maxLength: 3 }), threshold: fc.integer({ min: 1, max: 3 }) })
  .map(({ urls, threshold }): Policy => {
    const policy = policyOf(logKeyOf(1), urls);
    return { ...policy, groups: policy.groups.map((group) => ({ ...group, threshold })) };
  });

test('what is written is read the same', () => {
  fc.assert(fc.property(anyPolicy, (policy) => expect(parsePolicy(formatPolicy(policy))).toEqual(policy)));
});

test('a policy with changed bytes is read or refused, and what is read is written so that it is read the same', () => {
  const whole = Buffer.from(policyText(policyOf(logKeyOf(1), ['https://a.example/'])));
  const change = fc.record({
    at: fc.nat({ max: whole.length - 1 }),
    byte: fc.nat({ max: 255 }),
    cut: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let bytes = Buffer.from(whole);
      for (const { at, byte, cut } of changes)
        if (cut) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        else if (at < bytes.length) bytes[at] = byte;
      let policy: Policy | undefined;
      try {
        policy = parsePolicy(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-policy' });
      }
      if (policy !== undefined) expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
    }),
  );
});
