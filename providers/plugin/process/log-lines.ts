/**
 * Log lines in the form of HashiCorp's hclog, one JSON object a line on standard error:
 *
 *     {"@level":"info","@message":"…","@module":"provider","@timestamp":"2026-01-02T03:04:05.678000Z"}
 *
 * Exactly six fractional digits, or Terraform takes the line for raw text. A message that is no string makes
 * Terraform itself panic, so every line passes {@link formatLogLine}.
 */
import type { Level, LogFields, LogSink } from '../log';

export function formatLogLine(level: Level, message: string, fields: LogFields, now: number): string {
  return JSON.stringify({
    '@level': level,
    '@message': String(message),
    '@module': 'provider',
    '@timestamp': new Date(now).toISOString().replace('Z', '000Z'),
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [safeName(name), plain(value)])),
  });
}

/** A field cannot take the place of the four that Terraform reads. */
function safeName(name: string): string {
  return name.replace(/^@+/, '');
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message;
  if (typeof value === 'bigint') return value.toString();
  try {
    return JSON.stringify(value) === undefined ? String(value) : value;
  } catch {
    return String(value);
  }
}

/** A sink that writes lines. @param write the guarded stream's own write */
export function lineSink(write: (line: string) => void, clock: () => number): LogSink {
  return (level, message, fields) => write(`${formatLogLine(level, message, fields, clock())}\n`);
}
