/** Durations as Go and Terraform spell them: `1h30m`, `45s`, `1.5s`, `250ms`. */

const unitMs = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof unitMs;

const whole = /^(?:\d{1,9}(?:\.\d{1,9})?(?:h|ms|m|s))+$/;
const part = /(\d+(?:\.\d+)?)(h|ms|m|s)/g;

/** Milliseconds, or undefined if the text is no duration. Inverse of {@link formatDuration}. */
export function parseDuration(text: string): number | undefined {
  if (!whole.test(text) || text.length > 64) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(part)) totalMs += Number(amount) * unitMs[unit as Unit];
  return Math.round(totalMs);
}

/** The shortest spelling: 90000 is `1m30s`. @param durationMs a whole number, not negative */
export function formatDuration(durationMs: number): string {
  let rest = durationMs;
  let text = '';
  for (const unit of ['h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / unitMs[unit]);
    rest -= count * unitMs[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
