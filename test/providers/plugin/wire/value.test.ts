import fc from 'fast-check';
import { formatCanonical, sameValue } from '../../../../providers/plugin/wire/canonical';
import { formatMsgpack, parseMsgpack } from '../../../../providers/plugin/wire/msgpack';
import { typeJson } from '../../../../providers/plugin/wire/type-json';
import { formatValue, parseAttributes, parseValue } from '../../../../providers/plugin/wire/value';
import {
  type Attribute,
  bool,
  dynamic,
  isUnknown,
  list,
  map,
  number,
  object,
  set,
  string,
  UNKNOWN,
  type ValueType,
} from '../../../../schema';

const key = fc.stringMatching(/^[a-z]{1,6}$/);
const { attribute } = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Attribute>(string(), bool(), number()),
    tie('attribute').map((element) => list(element)),
    tie('attribute').map((element) => set(element)),
    tie('attribute').map((element) => map(element)),
    fc.dictionary(key, tie('attribute'), { maxKeys: 4, noNullPrototype: true }).map((inner) => object(inner)),
  ),
}));

/** Values of a type; with null and unknown where an attribute may have them. */
function anyValue(type: ValueType, mayBeAbsent = true): fc.Arbitrary<unknown> {
  const known = knownValue(type);
  return mayBeAbsent
    ? fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: fc.constantFrom(null, UNKNOWN) })
    : known;
}

function knownValue(type: ValueType): fc.Arbitrary<unknown> {
  if (type.kind === 'string') return fc.string({ unit: 'binary' });
  if (type.kind === 'bool') return fc.boolean();
  if (type.kind === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0);
  if (type.kind === 'object') {
    const entries = Object.entries(type.attributes).map(([name, inner]) => [name, anyValue(inner.type)]);
    return fc.record(Object.fromEntries(entries), { noNullPrototype: true });
  }
  if (!('element' in type)) return fc.constant(null);
  const element = anyValue(type.element.type, false);
  return type.kind === 'map'
    ? fc.dictionary(key, element, { maxKeys: 4, noNullPrototype: true })
    : fc.array(element, { maxLength: 4 });
}

const typed = attribute.chain(({ type }) => anyValue(type).map((value) => ({ type, value })));

const strict = {
  problem: (message: string): void => {
    throw new Error(message);
  },
};

function problemsOf(type: ValueType, raw: unknown): string[] {
  const problems: string[] = [];
  parseValue(type, raw, { problem: (message, path) => problems.push(`${path.join('/')}: ${message}`) }, []);
  return problems;
}

describe('typed values', () => {
  test('go through MessagePack and come back the same, whatever their type', () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const raw = parseMsgpack(formatMsgpack(formatValue(type, value)));
        expect(parseValue(type, raw, strict, [])).toEqual(value);
      }),
    );
  });

  test('are equal to themselves, and sets are equal in any order', () => {
    fc.assert(
      fc.property(typed, ({ type, value }) => {
        expect(sameValue(type, value, structuredCloneOf(value))).toBe(true);
      }),
    );
    const type = set(list(string())).type;
    expect(sameValue(type, [['a'], ['b']], [['b'], ['a'], ['a']])).toBe(true);
    expect(sameValue(type, [['a', 'b']], [['b', 'a']])).toBe(false);
    expect(formatCanonical(map(string()).type, { b: '1', a: '2' })).toBe('{"a":"2","b":"1"}');
  });

  test('are read from JSON as well', () => {
    const type = object({ a: list(number()), b: map(bool()), c: string(), d: dynamic() }).type;
    const json = JSON.parse(
      '{"a":[1,2.5],"b":{"x":true},"c":null,"d":{"type":["list","number"],"value":[1]}}',
    );
    expect(parseValue(type, json, strict, [])).toEqual({
      a: [1, 2.5],
      b: { x: true },
      c: null,
      d: { type: ['list', 'number'], value: [1] },
    });
  });

  test('of the wrong type are named with their path, and no secret is quoted', () => {
    const type = object({
      name: string(),
      count: number(),
      tags: set(string()),
      inner: map(object({ on: bool() })),
    }).type;
    const raw = { name: 1, count: 'secret', tags: ['a', null], inner: { x: { on: 'yes' } } };
    expect(problemsOf(type, raw)).toEqual([
      'name: 1, expected a string',
      'count: a value of type string, expected a number of at most 15 significant digits',
      'tags/1: null, expected a value',
      'inner/x/on: a value of type string, expected true or false',
    ]);
    expect(problemsOf(type, ['no object'])).toEqual([': a list, expected an object']);
    expect(problemsOf(list(string()).type, {})).toEqual([': a value of type object, expected a list']);
  });

  test('with an attribute that the schema lacks are refused, unless an older version stored them', () => {
    const found: string[] = [];
    const options = { problem: (message: string) => found.push(message) };
    expect(parseAttributes({ a: string() }, { a: 'x', extra: 1 }, options)).toEqual({ a: 'x' });
    expect(found).toEqual(['no attribute "extra" here']);
    parseAttributes({ a: string() }, { extra: 1 }, { ...options, ignoreUnknownAttributes: true });
    expect(found).toHaveLength(1);
  });

  test('of a handler that broke its types are refused', () => {
    expect(() => formatValue(string().type, 1)).toThrow('The provider returned 1, expected string');
    expect(() => formatValue(number().type, Number.NaN)).toThrow('expected number');
    expect(() => formatValue(list(string()).type, {})).toThrow('expected an array');
  });

  test('types are spelled as Terraform spells them', () => {
    expect(typeJson(list(object({ a: string(), b: map(number()) })).type)).toEqual([
      'list',
      ['object', { a: 'string', b: ['map', 'number'] }],
    ]);
    expect(typeJson(dynamic().type)).toBe('dynamic');
  });
});

/** A copy in which unknown values stay what they are. */
function structuredCloneOf(value: unknown): unknown {
  if (isUnknown(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, structuredCloneOf(inner)]));
}
