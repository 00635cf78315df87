/** What a benchmark gives: figures with units, printed as one table. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  console.log(`\n${title}`);
  for (const { name, value, unit } of figures)
    console.log(`  ${name.padEnd(width)}  ${formatValue(value)} ${unit}`);
}

function formatValue(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : 2;
  return value
    .toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    .padStart(10);
}

/** The middle of the sorted values, the lower of two. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least that share of the values does not pass. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}
