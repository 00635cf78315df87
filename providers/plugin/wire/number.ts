/**
 * Numbers. Terraform's are decimal with 512 bits of precision and come as a whole number, a double or decimal text;
 * ours are doubles. A number that a double cannot give back in the same decimal digits is refused, not rounded.
 */

const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Whole numbers as they are; others as the decimal text that JavaScript prints, which Terraform reads exactly. */
export function formatNumber(value: number): number | string {
  return Number.isSafeInteger(value) ? value + 0 : String(value);
}

/** Undefined if the raw value is no number, or none that a double holds. Inverse of {@link formatNumber}. */
export function parseNumber(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  if (typeof raw === 'bigint') return parseNumber(String(raw));
  if (typeof raw !== 'string' || raw.length > 1000) return undefined;
  const value = Number(raw);
  if (!Number.isFinite(value) || !decimal.test(raw)) return undefined;
  return canonical(raw) === canonical(String(value)) ? value : undefined;
}

/** Sign, digits without outer zeros, and the exponent of the last digit: `1200` and `1.2e3` are both `12e2`. */
function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = decimal.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
