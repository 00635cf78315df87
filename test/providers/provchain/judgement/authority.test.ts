import fc from 'fast-check';
import { Authority } from '../../../../providers/provchain';
import { hex, keyOf, Log } from '../_log';

const [a, b, c, thief, node] = ['a', 'b', 'c', 'thief', 'node'].map(keyOf) as [
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
  ReturnType<typeof keyOf>,
];

let log: Log;
beforeEach(() => {
  log = new Log();
});

test('without rotations the trusted key is the deployer everywhere, and nobody else is', () => {
  log.release(a);
  log.release(thief);
  log.release(a);
  expect(log.deployers(a)).toEqual([0, 2]);
  expect(new Authority(undefined).isDeployers({ index: 0, publicKey: a.publicKey })).toBe(false);
});

test('what the old key signed before its rotation counts, what it signed after does not, whichever key is trusted', () => {
  log.release(a); // 0
  log.release(c); // 1: not yet
  log.rotate(a, b); // 2
  log.release(a); // 3: no more
  log.release(b); // 4
  log.release(a); // 5: no more
  log.release(b); // 6
  for (const trusted of [a, b]) expect(log.deployers(trusted)).toEqual([0, 2, 4, 6]);
});

test('a chain of rotations is followed from any of its keys, in both directions', () => {
  log.release(a); // 0
  log.rotate(a, b); // 1
  log.rotate(b, c); // 2
  log.release(b); // 3: no more
  log.release(c); // 4
  for (const trusted of [a, b, c]) expect(log.deployers(trusted)).toEqual([0, 1, 2, 4]);
});

test('a key that signed before it became a successor is followed forward only', () => {
  log.release(b); // 0
  log.rotate(a, b); // 1
  log.release(b); // 2
  expect(log.deployers(a)).toEqual([1, 2]);
  // Who trusts b trusts what it signed: to be led back to a would take that away from it.
  expect(log.deployers(b)).toEqual([0, 2]);
});

test('a rotation that the new key did not agree to, or that another signed, is none', () => {
  log.rotate(a, b, a, thief);
  log.rotate(a, thief, thief);
  log.release(a);
  log.release(b);
  log.release(thief);
  expect(log.deployers(a)).toEqual([0, 2]);
});

test('of two rotations of one key the first counts: a thief comes too late', () => {
  log.rotate(a, b); // 0
  log.rotate(a, thief); // 1
  log.release(thief); // 2
  log.release(b); // 3
  expect(log.deployers(a)).toEqual([0, 3]);
  expect(log.deployers(b)).toEqual([0, 3]);
  // Who trusts the thief is led nowhere else: he is no successor.
  expect(log.deployers(thief)).toEqual([2]);
});

test('a key that nobody introduced cannot name a predecessor without him', () => {
  log.release(a);
  // The thief agrees to replace a, but a never signed it.
  log.rotate(a, thief, thief);
  log.release(thief);
  expect(log.deployers(thief)).toEqual([1, 2]);
});

test('a rotation does not lead back to a key that was revoked or replaced', () => {
  log.rotate(a, b); // 0
  log.rotate(b, a); // 1: signed with b, but a was replaced
  log.release(a); // 2
  log.release(b); // 3
  expect(log.deployers(b)).toEqual([0, 1, 3]);
});

test('between two records of one key stands its revocation: the first counts, the second does not', () => {
  log.rotate(a, b); // 0
  log.introduce(b, node, 'collector', 'local'); // 1
  const before = log.release(node); // 2
  log.revoke(b, node); // 3
  const after = log.release(node); // 4
  const authority = log.authority(b);
  const [first, second] = [before, after].map((index) => {
    const entry = log.entries[index];
    return entry && authority.standingOf(entry);
  });
  expect(first).toMatchObject({ role: 'collector', name: 'local', counts: true });
  expect(second).toMatchObject({
    counts: false,
    end: { kind: 'revoked', index: 3, fromIndex: 3, reason: 'stolen' },
  });
});

test('the deployer may revoke an earlier key from an earlier place on; rotations stand', () => {
  log.release(a); // 0
  log.release(a); // 1: by the thief, as is found out later
  log.rotate(a, b); // 2
  log.revoke(b, a, 1); // 3
  log.release(b); // 4
  for (const trusted of [a, b]) expect(log.deployers(trusted)).toEqual([0, 3, 4]);
});

test('a revocation cannot name a place after itself, and a second one cannot make the first milder', () => {
  log.introduce(a, node, 'node', 'n0'); // 0
  log.revoke(a, node, 99); // 1
  expect(log.authority(a).findEnd(hex(node))).toMatchObject({ fromIndex: 1 });
  log.revoke(a, node); // 2
  expect(log.authority(a).findEnd(hex(node))).toMatchObject({ fromIndex: 1, index: 1 });
});

test('a key may give up itself, but not what it signed before', () => {
  log.release(a); // 0
  log.revoke(a, a, 0); // 1
  log.release(a); // 2
  log.rotate(a, b); // 3: too late
  log.release(b); // 4
  expect(log.deployers(a)).toEqual([0, 1]);
});

test('nobody else may revoke: not a stranger, not a node, not a key that was replaced', () => {
  log.introduce(a, node, 'node', 'n0');
  log.revoke(thief, a);
  log.revoke(node, a);
  log.rotate(a, b);
  log.revoke(a, b);
  log.release(b);
  expect(log.deployers(b)).toEqual([0, 3, 5]);
});

test('an introduction counts only from the deployer of its place', () => {
  log.rotate(a, b);
  log.introduce(a, thief, 'node', 'n0');
  expect(log.authority(b).holderOf(hex(thief))).toBeUndefined();
  log.introduce(b, node, 'node', 'n0');
  expect(log.authority(b).holders()).toEqual([
    { role: 'deployer', name: 'deployer', key: hex(b), end: undefined },
    { role: 'node', name: 'n0', key: hex(node), end: undefined },
  ]);
});

test('property: at each place at most one key is the deployer, and past records keep their worth as the log grows', () => {
  const keys = ['a', 'b', 'c', 'd'].map(keyOf);
  const key = fc.constantFrom(...keys);
  const step = fc.oneof(
    fc.record({ do: fc.constant('release' as const), by: key }),
    fc.record({ do: fc.constant('rotate' as const), by: key, to: key }),
    fc.record({ do: fc.constant('revoke' as const), by: key, to: key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const history = new Log();
      let worth: number[] = [];
      for (const one of steps) {
        if (one.do === 'release') history.release(one.by);
        else if (one.do === 'rotate') history.rotate(one.by, one.to);
        else history.revoke(one.by, one.to);
        const authority = history.authority(a);
        const holding = keys.filter((each) =>
          authority.isDeployers({ index: history.entries.length, publicKey: each.publicKey }),
        );
        expect(holding.length).toBeLessThanOrEqual(1);
        const now = history.deployers(a);
        expect(now.slice(0, worth.length)).toEqual(worth);
        worth = now;
      }
    }),
  );
});
