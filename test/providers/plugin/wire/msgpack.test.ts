import { ExtData, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { formatMsgpack, parseMsgpack } from '../../../../providers/plugin/wire/msgpack';
import { isUnknown, type Refinement, UNKNOWN, unknownWith } from '../../../../schema';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const bound = fc.record({ value: fc.integer(), inclusive: fc.boolean() });
const refinement: fc.Arbitrary<Refinement> = fc.record(
  {
    nullable: fc.constant(false as const),
    prefix: fc.string(),
    minimum: bound,
    maximum: bound,
    minimumLength: fc.nat(),
    maximumLength: fc.nat(),
  },
  { requiredKeys: [] },
);
const unknown = refinement.map((one) => (Object.keys(one).length === 0 ? UNKNOWN : unknownWith(one)));
const key = fc.string().filter((name) => name !== '__proto__');
const { raw } = fc.letrec((tie) => ({
  raw: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string(), unknown),
    fc.array(tie('raw'), { maxLength: 5 }),
    fc.dictionary(key, tie('raw'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('msgpack as Terraform writes it', () => {
  test('format and parse are inverse, unknown values and refinements included', () => {
    fc.assert(fc.property(raw, (value) => expect(parseMsgpack(formatMsgpack(value))).toEqual(value)));
  });

  test('unknown values have the bytes of cty', () => {
    expect(hex(formatMsgpack(UNKNOWN))).toBe('d40000');
    expect(hex(formatMsgpack(unknownWith({ nullable: false })))).toBe('c7030c8101c2');
    expect(hex(formatMsgpack(unknownWith({ nullable: false, prefix: 'ab' })))).toBe('c7070c8201c202a26162');
    const minimum = { value: 1, inclusive: true };
    expect(hex(formatMsgpack(unknownWith({ minimum })))).toBe('c7050c81039201c3');
  });

  test('any extension code is an unknown value, that of dates too', () => {
    for (const code of [-1, 0, 7, 12, 99]) {
      const bytes = encode(new ExtData(code, Uint8Array.of(0x80)));
      expect(isUnknown(parseMsgpack(bytes))).toBe(true);
    }
  });

  test('64-bit numbers keep all their digits', () => {
    expect(parseMsgpack(Buffer.from('d37fffffffffffffff', 'hex'))).toBe(9_223_372_036_854_775_807n);
    expect(parseMsgpack(Buffer.from('cfffffffffffffffff', 'hex'))).toBe(18_446_744_073_709_551_615n);
  });

  test('bytes that are no MessagePack are refused', () => {
    for (const bad of ['', 'c1', '81', 'd9ff00'])
      expect(() => parseMsgpack(Buffer.from(bad, 'hex'))).toThrow();
  });
});
