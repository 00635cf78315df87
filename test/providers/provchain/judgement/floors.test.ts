import { hex, keyOf, Log } from '../_log';

const [a, b, thief] = [keyOf('a'), keyOf('b'), keyOf('thief')];

let log: Log;
beforeEach(() => {
  log = new Log();
});

test('a release that stands before the floor in the log is below it; the floor itself and later ones are not', () => {
  const [first, second, third] = [
    log.release(a, 'fleet', '1'),
    log.release(a, 'fleet', '2'),
    log.release(a, 'fleet', '3'),
  ];
  const other = log.release(a, 'other', '1');
  const floor = log.floor(a, second);
  const floors = log.floors(a);
  const below = [first, second, third, other].map((index) => floors.floorAbove(log.cid(index))?.index);
  expect(below).toEqual([floor, undefined, undefined, undefined]);
  expect(floors.floorAbove('bafk-unknown')).toBeUndefined();
});

test('a floor only rises', () => {
  const [first, second] = [log.release(a, 'fleet', '1'), log.release(a, 'fleet', '2')];
  log.floor(a, second);
  log.floor(a, first);
  log.floor(a, second);
  const floors = log.floors(a);
  expect(floors.list()).toMatchObject([{ release: { cid: log.cid(second), name: 'fleet' } }]);
  expect(floors.floorOf('fleet')?.release.index).toBe(second);
});

test('a floor of a stranger, of a key that was replaced or revoked, or of no release counts for nothing', () => {
  const [first, second] = [log.release(a, 'fleet', '1'), log.release(a, 'fleet', '2')];
  log.floor(thief, second);
  const strangers = log.release(thief, 'fleet', '3');
  log.floor(a, strangers);
  log.rotate(a, b);
  log.floor(a, second);
  expect(log.floors(b).list()).toEqual([]);
  expect(log.floors(b).floorAbove(log.cid(first))).toBeUndefined();
  const raised = log.floor(b, second);
  expect(log.floors(b).floorAbove(log.cid(first))?.index).toBe(raised);
});

test('a floor that a thief raised falls with his signatures, from where on his key is void', () => {
  const [first, second] = [log.release(a, 'fleet', '1'), log.release(a, 'fleet', '2')];
  const stolen = log.floor(a, second);
  log.rotate(a, b);
  expect(log.floors(b).floorAbove(log.cid(first))).toBeDefined();
  log.revoke(b, a, stolen);
  expect(log.floors(b).floorAbove(log.cid(first))).toBeUndefined();
});

test('an old release described again, even with a new key, keeps its old place', () => {
  const [first, second] = [log.release(a, 'fleet', '1'), log.release(a, 'fleet', '2')];
  log.floor(a, second);
  log.rotate(a, b);
  log.release(b, 'fleet', '1');
  const floors = log.floors(b);
  expect(floors.place(log.cid(first))?.index).toBe(first);
  expect(floors.floorAbove(log.cid(first))).toBeDefined();
  expect(hex(a)).not.toBe(hex(b));
});

test('a floor for a release that comes only later does not count', () => {
  const later = new Log();
  later.release(a, 'fleet', '1');
  later.release(a, 'fleet', '2');
  log.add(a, 'floor', { release: later.cid(1), at: '2026-01-31T12:00:00.000Z' });
  log.release(a, 'fleet', '1');
  log.release(a, 'fleet', '2');
  expect(log.floors(a).list()).toEqual([]);
});
