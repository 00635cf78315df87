import fc from 'fast-check';
import {
  attributesFromProps,
  camelCase,
  defineResource,
  duration,
  formatDuration,
  isUnknown,
  lengthBetween,
  list,
  map,
  matches,
  number,
  numberBetween,
  object,
  oneOf,
  parseDuration,
  sizeBetween,
  string,
  timeouts,
  UNKNOWN,
  unknownWith,
  wholeNumber,
} from '../../schema';

const define = (attributes: Parameters<typeof defineResource>[0]['attributes']) =>
  defineResource({ typeName: 'test_thing', version: 0, description: '', attributes });

describe('schema values', () => {
  test('presence follows from the options', () => {
    expect(string().presence).toBe('optional');
    expect(string({ required: true }).presence).toBe('required');
    expect(string({ default: '' }).presence).toBe('defaulted');
    expect(string({ computed: true }).presence).toBe('computed');
    expect(string({ computed: true, optional: true }).presence).toBe('optional-computed');
  });

  test('contradictions are refused where the schema is made, with their path', () => {
    expect(() => define({ Bad: string() })).toThrow('test_thing.Bad: the name must be lower-case');
    expect(() => define({ count: string() })).toThrow('reserved');
    expect(() => define({ a: list(object({ b: string({ writeOnly: true, computed: true }) })) })).toThrow(
      'test_thing.a[].b: write-only cannot be computed',
    );
    expect(() => define({ limits: timeouts() })).toThrow('must be named "timeouts"');
  });

  test('unknown values are told apart from all others', () => {
    expect(isUnknown(UNKNOWN)).toBe(true);
    expect(unknownWith({ prefix: 'b' }).refinement).toEqual({ prefix: 'b' });
    for (const other of [null, undefined, '', {}, Symbol('unknown')]) expect(isUnknown(other)).toBe(false);
  });

  test('props become attributes under their Terraform names, tokens as they are', () => {
    const schema = define({
      stack_bytes: number(),
      peer_list: list(object({ cell_id: string() })),
      by_name: map(object({ public_key: string() })),
      secret_id: string({ computed: true }),
    });
    const token = new (class Token {})();
    const given = { peerList: [{ cellId: 'a' }], stackBytes: 1, byName: { x_y: { publicKey: token } } };
    expect(attributesFromProps(schema, given)).toEqual({
      stack_bytes: 1,
      peer_list: [{ cell_id: 'a' }],
      by_name: { x_y: { public_key: token } },
    });
    expect(attributesFromProps(schema, { peerList: token })).toEqual({ peer_list: token });
    expect(camelCase('a_bc_256_d')).toBe('aBc256D');
  });

  test('durations: format and parse are inverse', () => {
    fc.assert(fc.property(fc.nat(1_000_000_000), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)));
    expect(parseDuration('1.5s')).toBe(1500);
    for (const bad of ['', '5', 's', '-1s', '1d', ' 1s', '1s ']) expect(parseDuration(bad)).toBeUndefined();
  });

  test('validators name what they found and what they want', () => {
    expect(oneOf('a', 'b').check('c')).toBe('unknown value, expected one of "a", "b"');
    expect(matches(/^a$/, 'an a').check('b')).toBe('expected an a');
    expect(lengthBetween(1, 2).check('abc')).toBe('its length is 3, expected 1 to 2');
    expect(sizeBetween(0, 1).check({ a: 1 })).toBeUndefined();
    expect(numberBetween(1, 2).check(3)).toBe('3, expected 1 to 2');
    expect(wholeNumber(1, 2).check(1.5)).toBe('1.5, expected a whole number between 1 and 2');
    expect(duration().check('5')).toContain('not a duration');
  });
});
