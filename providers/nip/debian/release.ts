/**
 * A suite's `InRelease`: a clear-signed list of all indexes with their SHA-256. gpgv checks the signature against the
 * distribution's keyring; what it has checked is what we read (its own output, not the file).
 *
 *     Codename: bookworm
 *     Date: Sat, 11 Jul 2026 10:16:37 UTC
 *     Valid-Until: …
 *     SHA256:
 *      <64 hex digits> <size> main/binary-amd64/Packages.xz
 */
import { NexusError, quote } from '../../../model';
import type { PinnedFile } from '../mirror';
import { parseStanzas } from './deb822';

export interface Release {
  readonly codename: string;
  /** Seconds since 1970; undefined when it does not expire. */
  readonly validUntilSeconds: number | undefined;
  /** Indexes by their path below the suite's folder. */
  readonly files: ReadonlyMap<string, PinnedFile>;
  /** Whether indexes can be had under their digest, so that a mirror in change does no harm. */
  readonly isByHash: boolean;
}

export const releaseSizeBytesMax = 16 * 1024 * 1024;

/** @param text what the signature covers. @throws NexusError `bad-index` */
export function parseRelease(text: string, suite: string): Release {
  const [fields] = parseStanzas(text);
  const list = fields?.get('sha256');
  const codename = fields?.get('codename');
  if (fields === undefined || list === undefined || codename === undefined)
    throw badIndex(suite, 'no Codename or no SHA256 in its release file');
  return {
    codename,
    validUntilSeconds: secondsOf(fields.get('valid-until')),
    files: new Map(list.split('\n').flatMap((line) => parseLine(line))),
    isByHash: fields.get('acquire-by-hash') === 'yes',
  };
}

function parseLine(line: string): [string, PinnedFile][] {
  const [, sha256, size, path] = /^\s*([0-9a-f]{64})\s+(\d{1,12})\s+(\S{1,300})$/.exec(line) ?? [];
  if (sha256 === undefined || path === undefined) return [];
  return [[path, { path, sizeBytes: Number(size), sha256 }]];
}

function secondsOf(date: string | undefined): number | undefined {
  const timeMs = Date.parse(date ?? '');
  return Number.isNaN(timeMs) ? undefined : Math.floor(timeMs / 1000);
}

/** @throws NexusError `expired-index`, `wrong-suite` */
export function checkRelease(release: Release, suite: string, text: string, nowSeconds: number): void {
  const { validUntilSeconds, codename } = release;
  const suiteField = /^Suite: (\S+)$/m.exec(text)?.[1];
  if (![codename, suiteField].includes(suite.split('/')[0]))
    throw new NexusError(
      'wrong-suite',
      `Cannot use the index of ${quote(suite)}: it is that of ${quote(codename)}`,
      { hint: 'The mirror serves one suite under the name of another: use another mirror.' },
    );
  if (validUntilSeconds === undefined || nowSeconds <= validUntilSeconds) return;
  throw new NexusError(
    'expired-index',
    `Cannot use the index of ${quote(suite)}: valid until ${new Date(validUntilSeconds * 1000).toISOString()}, and now is ${new Date(nowSeconds * 1000).toISOString()}`,
    { hint: 'The mirror is stale, or somebody holds updates back: use another mirror, or set the clock.' },
  );
}

export function badIndex(suite: string, reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-index', `Cannot read the index of ${quote(suite)}: ${reason}`, {
    cause,
    hint: 'Check the mirror and the suite.',
  });
}
