/** Which records `nexus log` shows. */
import { type Cid, digestOfCid, isKind, kindOf, type RecordKind, type Statement } from '../model';
import type { LedgerEntry } from '../providers/provchain';

export interface LogFilter {
  readonly kind: RecordKind | undefined;
  readonly node: string | undefined;
  /** An image, a cell, a release or a record. */
  readonly about: Cid | undefined;
  readonly release: Cid | undefined;
  /** Milliseconds since 1970, as {@link statedTimeMs}; the bounds belong to it. */
  readonly sinceMs: number | undefined;
  readonly untilMs: number | undefined;
}

export const isTimed = ({ sinceMs, untilMs }: LogFilter): boolean =>
  sinceMs !== undefined || untilMs !== undefined;

/** Whether a record is asked for, its time apart. */
export function matches(entry: LedgerEntry, { kind, node, about, release }: LogFilter): boolean {
  return (
    (kind === undefined || kindOf(entry.statement) === kind) &&
    (node === undefined || speaksOfNode(entry, node)) &&
    (about === undefined || speaksOf(entry, about)) &&
    (release === undefined || speaksOfRelease(entry, release))
  );
}

/** @param timeMs the record's time; of one that states none, that of the next record that does */
export function isWithin(timeMs: number, { sinceMs, untilMs }: LogFilter): boolean {
  return timeMs >= (sinceMs ?? Number.NEGATIVE_INFINITY) && timeMs <= (untilMs ?? Number.POSITIVE_INFINITY);
}

/** When a record says that it was made, in milliseconds since 1970; nobody but its signer vouches for it. */
export function statedTimeMs(statement: Statement): number | undefined {
  const { predicate } = statement;
  if (isKind(statement, 'heartbeat-interval')) return Date.parse(statement.predicate.to);
  return 'at' in predicate && predicate.at !== undefined ? Date.parse(predicate.at) : undefined;
}

/** Whether a record's subject or one of its parties has that name. */
function speaksOfNode({ statement }: LedgerEntry, node: string): boolean {
  const { predicate, subject } = statement;
  if ('placement' in predicate) return node in predicate.placement;
  if (isKind(statement, 'heartbeat-interval')) return statement.predicate.silent.includes(node);
  return subject.some(({ name }) => name === node) && !('kind' in predicate);
}

function speaksOf({ cid, statement, envelope }: LedgerEntry, about: Cid): boolean {
  const digest = Buffer.from(digestOfCid(about)).toString('hex');
  if (cid === about || statement.subject.some((subject) => subject.digest.sha256 === digest)) return true;
  return Buffer.from(envelope.payload).includes(about);
}

/** The release itself, and what was done with it. */
function speaksOfRelease({ cid, statement: { predicate } }: LedgerEntry, release: Cid): boolean {
  const named = [
    'release' in predicate ? predicate.release : undefined,
    ...('to' in predicate && !('site' in predicate) ? [predicate.from, predicate.to] : []),
  ];
  return cid === release || named.includes(release);
}
