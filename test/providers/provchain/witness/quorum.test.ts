import * as fc from 'fast-check';
import {
  checkPolicy,
  cosign,
  formatNote,
  isQuorum,
  type NoteSigner,
  type Policy,
  parseNote,
} from '../../../../providers/provchain';
import { logKeyOf, policyOf, WordLog, witnessKeyOf, wordsOf } from '../witness-rig';

const log = new WordLog(wordsOf(7));
const policy = policyOf(log.key);

function cosignedBy(numbers: readonly number[], signed: string = log.checkpoint(7)): Buffer {
  const note = parseNote(Buffer.from(signed));
  const lines = numbers.map((number) => cosign(note.text, witnessKeyOf(number), 1_700_000_000n));
  return Buffer.from(formatNote({ ...note, signatures: [...note.signatures, ...lines] }));
}

test('a checkpoint that enough witnesses have cosigned is accepted, and it is said who did and when', () => {
  const { checkpoint, witnessedBy } = checkPolicy(cosignedBy([0, 2]), policy);
  expect(checkpoint).toMatchObject({ origin: log.key.name, size: 7 });
  expect(witnessedBy).toEqual([
    { name: 'north', timeSeconds: 1_700_000_000n },
    { name: 'east', timeSeconds: 1_700_000_000n },
  ]);
});

test('one witness of two is too few, however often it cosigned, and a stranger does not help', () => {
  expect(() => checkPolicy(cosignedBy([1, 1, 1]), policy)).toThrow(
    `Cannot accept the checkpoint of "${log.key.name}" at size 7: 1 of 3 witnesses cosigned (south), expected 2 of north, south, east`,
  );
  expect(() => checkPolicy(cosignedBy([1, 77, 78]), policy)).toThrow('1 of 3 witnesses cosigned (south)');
});

test('a wrong cosignature of a known witness rejects the checkpoint, even when there are enough others', () => {
  const stolen = parseNote(cosignedBy([2], log.checkpoint(6))).signatures.slice(1);
  const note = parseNote(cosignedBy([0, 1]));
  const spoiled = formatNote({ ...note, signatures: [...note.signatures, ...stolen] });
  expect(() => checkPolicy(Buffer.from(spoiled), policy)).toThrow('does not hold');
});

test('cosignatures without the signature of the log are nothing', () => {
  const note = parseNote(cosignedBy([0, 1, 2]));
  const unsigned = formatNote({ ...note, signatures: note.signatures.slice(1) });
  expect(() => checkPolicy(Buffer.from(unsigned), policy)).toThrow('Cannot open a signed note');
});

test('a log that the policy does not have is refused, also when another key takes its name', () => {
  const stranger = new WordLog(wordsOf(7), logKeyOf(2));
  const note = cosignedBy([0, 1, 2], stranger.checkpoint(7));
  expect(() => checkPolicy(note, policy)).toThrow(`the policy has "${log.key.name}"`);
  const impostor: NoteSigner = { ...logKeyOf(3), name: log.key.name };
  const forged = cosignedBy([0, 1, 2], new WordLog(wordsOf(7), impostor).checkpoint(7));
  expect(() => checkPolicy(forged, policy)).toThrow('Cannot open a signed note');
  expect(() => checkPolicy(forged, policy, impostor)).toThrow('Cannot accept the checkpoint');
});

test('of two keys of one log either may have signed', () => {
  const second: NoteSigner = { ...logKeyOf(3), name: log.key.name };
  const both: Policy = { ...policy, logs: [...policy.logs, { verifier: second }] };
  const note = cosignedBy([0, 1], new WordLog(wordsOf(7), second).checkpoint(7));
  expect(checkPolicy(note, both).checkpoint.size).toBe(7);
});

test('a policy without logs is for a log that is known otherwise', () => {
  const open = { ...policy, logs: [] };
  expect(checkPolicy(cosignedBy([0, 1]), open, log.key).checkpoint.size).toBe(7);
  expect(() => checkPolicy(cosignedBy([0, 1]), open)).toThrow('the policy has no log');
});

test('a policy whose quorum is none asks for the log alone', () => {
  expect(checkPolicy(cosignedBy([]), { ...policy, quorum: 'none' }).witnessedBy).toEqual([]);
});

test('groups of groups count as their definition says, for every set of witnesses', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const nested = {
    ...policy,
    groups: [
      { name: 'x', threshold: 2, members: ['a', 'b', 'c'] },
      { name: 'y', threshold: 1, members: ['d', 'e', 'f'] },
      { name: 'both', threshold: 2, members: ['x', 'y'] },
    ],
    quorum: 'both',
  };
  fc.assert(
    fc.property(fc.subarray(names), (chosen) => {
      const of = (members: readonly string[]): number =>
        members.filter((name) => chosen.includes(name)).length;
      const expected = of(['a', 'b', 'c']) >= 2 && of(['d', 'e', 'f']) >= 1;
      expect(
        isQuorum(
          nested,
          chosen.map((name) => ({ name })),
        ),
      ).toBe(expected);
    }),
  );
});
