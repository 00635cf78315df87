/** `nexus verify LOG`: any log that is published as tiles, by its folder or its address, with its verifier key. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NexusError } from '../model';
import { writeDurably } from '../providers/durable';
import {
  findingCountMax,
  folderSource,
  HttpSource,
  type LogSource,
  type NoteVerifier,
  type TiledLogReport,
  verifyTiledLog,
} from '../providers/provchain';
import type { Check } from './check';
import type { Io } from './io';
import { createMeter } from './meter';
import type { Progress } from './progress';
import { showControls } from './terminal-text';
import { readingInput, UsageError } from './usage-error';
import { readPolicy } from './verifier-keys';
import { describeRotations } from './verify-ledger';
import { count } from './words';

export interface TiledOptions {
  readonly policy?: string | undefined;
  readonly origin?: string;
  readonly sample?: number;
  readonly since?: string;
  readonly remember?: string;
  readonly hashesOnly?: boolean;
}

/** Whether something is asked that only the check of a tiled log answers. */
export function asksForTiled(options: TiledOptions): boolean {
  const { policy, origin, sample, since, remember, hashesOnly } = options;
  return [policy, origin, sample, since, remember, hashesOnly].some((option) => option !== undefined);
}

export const isAddress = (word: string): boolean => /^(https?:\/\/|unix:\/)/.test(word);

/** @param place a folder, or an address as {@link isAddress} knows it */
export function openLogSource(place: string, { signal }: Io): LogSource {
  if (!isAddress(place)) return folderSource(place);
  return new HttpSource({ url: place, signal, attemptsMax: 3, timeoutMs: 20_000 });
}

export async function verifyTiled(
  place: string,
  verifiers: readonly NoteVerifier[],
  options: TiledOptions,
  io: Io,
  progress: Progress,
): Promise<Check[]> {
  const policy = options.policy === undefined ? undefined : await readPolicy(options.policy, io.cwd);
  if (verifiers.length === 0 && policy === undefined) throw missingKey(place);
  const since = await readSeen(options, io);
  const source = await readingInput(() => openLogSource(place, io));
  const meter = createMeter(progress, io.environment.clock);
  const task = {
    verifiers,
    policy,
    origin: options.origin,
    sampleCount: options.sample,
    hashesOnly: options.hashesOnly,
    since,
    chance: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    onProgress: (done: number, total: number) => meter('entries', done, total),
    signal: io.signal,
  };
  const report = await verifyTiledLog(source, task).catch(asUntrusted);
  if (report instanceof NexusError)
    return [{ about: place, name: 'checkpoint', ok: false, detail: showControls(report.message) }];
  if (options.remember !== undefined && report.findings.length === 0)
    await writeDurably(resolve(io.cwd, options.remember), report.checkpoint.note, { mode: 0o644 });
  return describeReport(report, options);
}

const untrusted = ['bad-note', 'bad-checkpoint', 'other-key', 'policy-unmet'];

/** A head that nobody trusted has signed is an answer, not a failure. */
function asUntrusted(error: unknown): NexusError {
  if (error instanceof NexusError && untrusted.includes(error.code)) return error;
  throw error;
}

/** The older checkpoint: of --since, else what --remember wrote the last time. */
async function readSeen({ since, remember }: TiledOptions, { cwd }: Io): Promise<Uint8Array | undefined> {
  if (since !== undefined) return readingInput(() => readFile(resolve(cwd, since)));
  const file = remember === undefined ? undefined : resolve(cwd, remember);
  return file !== undefined && existsSync(file) ? readFile(file) : undefined;
}

function describeReport(report: TiledLogReport, options: TiledOptions): Check[] {
  const { checkpoint, signedBy, findings, since, followed } = report;
  const about = showControls(checkpoint.origin);
  const head = `signed by ${signedBy.map(showControls).join(' and ')}, over ${entriesOf(checkpoint.size)}`;
  if (findings.length > 0) {
    const more = findings.length === findingCountMax ? [{ file: 'and more', problem: 'not looked for' }] : [];
    return [
      ...(followed === undefined ? [] : [describeRotations(about, followed)]),
      { about, name: 'checkpoint', ok: true, detail: head },
      ...[...findings, ...more].map(({ file, problem }) => ({
        about,
        name: 'file',
        ok: false,
        detail: showControls(`${file}: ${problem}`),
      })),
    ];
  }
  const details = {
    checkpoint: head,
    entries: describeEntries(report, options),
    ...(since !== undefined && {
      history: `extends the checkpoint of ${entriesOf(since)} that was seen before`,
    }),
  };
  return [
    ...(followed === undefined ? [] : [describeRotations(about, followed)]),
    ...Object.entries(details).map(([name, detail]) => ({ about, name, ok: true, detail })),
  ];
}

const entriesOf = (size: number): string =>
  size === 1 ? '1 entry' : `${size.toLocaleString('en-US')} entries`;

function describeEntries(
  { entryCount, isSample, checkpoint }: TiledLogReport,
  options: TiledOptions,
): string {
  const what = options.hashesOnly ? 'hashes of entries' : entryCount === 1 ? 'entry' : 'entries';
  if (isSample)
    return `${count(entryCount, 'inclusion proof')} of ${what} that chance picked hold, of ${checkpoint.size.toLocaleString('en-US')}`;
  return `the root was rebuilt from all ${entryCount.toLocaleString('en-US')} ${what}, and is the one that was signed`;
}

function missingKey(place: string): UsageError {
  return new UsageError('no-verifier-key', `Cannot verify the log "${place}": no key of it is given`, {
    hint: 'Give it with --vkey: the line name+id+key that its owner publishes, or a file with it.',
  });
}
