/** How far a long check is, at what rate it goes, and what remains. */
import { formatDuration } from './output';
import type { Progress } from './progress';

const everyMs = 100;

/** Told how much of a phase is done, and of how much. */
export type Meter = (phase: string, done: number, total: number) => void;

/**
 * Says `entries    12,288 of 1,000,000, 204,800 a second, 4.8 s left`, ten times a second at most.
 * @param clock milliseconds
 */
export function createMeter(progress: Progress, clock: () => number): Meter {
  let current = { phase: '', startMs: 0 };
  let saidMs = Number.NEGATIVE_INFINITY;
  return (phase, done, total) => {
    const nowMs = clock();
    if (phase !== current.phase) current = { phase, startMs: nowMs };
    if (nowMs - saidMs < everyMs) return;
    saidMs = nowMs;
    progress.step(phase, describeRate(done, total, nowMs - current.startMs));
  };
}

export function describeRate(done: number, total: number, timeMs: number): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en-US');
  const share = `${number(done)} of ${number(total)}`;
  if (timeMs <= 0 || done === 0) return share;
  const leftMs = ((total - done) * timeMs) / done;
  return `${share}, ${number((done * 1000) / timeMs)} a second, ${formatDuration(leftMs)} left`;
}
