import { NexusError, shape } from '../../model';

const point = shape.object({ y: shape.whole(10), x: shape.whole(10), label: shape.optional(shape.prose(5)) });

test('a value is taken anew with its keys in the order of the shape', () => {
  expect(JSON.stringify(shape.readShape(point, { x: 1, y: 2 }, 'bad-point'))).toBe('{"y":2,"x":1}');
  expect(shape.readShape(point, { x: 1, y: 2, label: 'a' }, 'bad-point').label).toBe('a');
});

test.each([
  [{ x: 1 }, 'Cannot read "y": missing, expected a whole number up to 10'],
  [{ x: 1, y: 11 }, 'Cannot read "y": 11, expected a whole number up to 10'],
  [{ x: 1, y: 2, z: 3 }, 'Cannot read "z": 3, expected no such key'],
  [{ x: 1, y: 2, label: 'longer' }, 'Cannot read "label": "longer", expected at most 5 characters'],
  [[], 'Cannot read "value": a list of 0, expected an object'],
  [JSON.parse('{"__proto__":1,"x":1,"y":1}'), 'Cannot read "__proto__": 1, expected no such key'],
])('%j is refused with the path of what is wrong', (value, message) => {
  expect(() => shape.readShape(point, value, 'bad-point')).toThrow(new NexusError('bad-point', message));
});

test('the keys of a map come out sorted', () => {
  const counts = shape.map(/^[a-z]$/, shape.whole(), 2);
  expect(Object.keys(shape.readShape(counts, { b: 1, a: 2 }, 'bad-map'))).toEqual(['a', 'b']);
  expect(() => shape.readShape(counts, { A: 1 }, 'bad-map')).toThrow('keys that match');
  expect(() => shape.readShape(counts, { a: 1, b: 1, c: 1 }, 'bad-map')).toThrow('at most 2 keys');
});
