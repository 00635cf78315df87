/** How results are printed: JSON for programs, aligned columns for people. */
import type { Sink } from './io';

/** One value as indented JSON with a final newline: the whole result of a verb under `--json`. */
export function printJson(out: Sink, value: unknown): void {
  out.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

export type Align = 'left' | 'right';

/** Rows in columns as wide as their longest cell, two spaces between them. The first row is the head. */
export function formatTable(rows: readonly (readonly string[])[], align: readonly Align[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    align[column] === 'right' ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row) => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

/** `12,345 bytes` */
export function formatBytes(sizeBytes: number): string {
  return `${sizeBytes.toLocaleString('en-US')} bytes`;
}

/** `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 07 min` */
export function formatDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (seconds < 60) return `${(durationMs / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, '0')} min`;
}
