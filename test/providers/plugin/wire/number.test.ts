import fc from 'fast-check';
import { formatNumber, parseNumber } from '../../../../providers/plugin/wire/number';

describe('numbers', () => {
  test('format and parse are inverse for every double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        expect(parseNumber(formatNumber(value))).toBe(value + 0),
      ),
    );
  });

  test('whole numbers stay whole numbers, others are decimal text', () => {
    expect([1, -0, 0.1, 1e21, 2 ** 53].map(formatNumber)).toEqual([1, 0, '0.1', '1e+21', '9007199254740992']);
  });

  test('decimal text is read if a double holds it exactly', () => {
    const texts = ['0.1', '1.50', '00012', '1e3', '-2.5E-3', '0', '-0.0', '123456789012345680000'];
    expect(texts.map(parseNumber)).toEqual([0.1, 1.5, 12, 1000, -0.0025, 0, -0, 123456789012345680000]);
  });

  test('what would have to be rounded is refused', () => {
    const bad = [
      '0.12345678901234567890123',
      '9007199254740993',
      9_007_199_254_740_993n,
      '1e999',
      'NaN',
      '0x10',
      '',
    ];
    for (const raw of [...bad, Number.NaN, Number.POSITIVE_INFINITY, true, null])
      expect(parseNumber(raw)).toBeUndefined();
  });
});
