/** Progress of what nip does: the phase, a count or bytes, the rate, what remains. */
import type { NipProgress } from '../providers/nip';
import type { CommonOptions, Io } from './io';
import { describeRate } from './meter';
import { createProgress } from './progress';

export interface PackageProgress {
  readonly tell: (progress: NipProgress) => void;
  readonly clear: () => void;
}

const words = {
  index: 'reading index',
  fetch: 'fetching',
  unpack: 'unpacking',
  filter: 'filtering',
  compose: 'composing',
} as const;
const everyMs = 100;

export function createPackageProgress(io: Io, { json }: CommonOptions): PackageProgress {
  const progress = createProgress(io.err, json === true);
  const { clock } = io.environment;
  let current = { key: '', startMs: 0 };
  let saidMs = Number.NEGATIVE_INFINITY;
  return {
    clear: progress.clear,
    tell: ({ phase, detail, done, total, unit }) => {
      const nowMs = clock();
      const key = unit === 'bytes' ? `${phase} ${detail}` : phase;
      const isNew = key !== current.key;
      if (isNew) current = { key, startMs: nowMs };
      if (!isNew && nowMs - saidMs < everyMs) return;
      saidMs = nowMs;
      const name = detail.split('/').at(-1) ?? detail;
      progress.step(words[phase], `${name}: ${describeRate(done, total, nowMs - current.startMs)} (${unit})`);
    },
  };
}
