/** One thing that `nexus verify` looked at, and what it found. */
import { NexusError } from '../model';
import type { LedgerEntry } from '../providers/provchain';
import type { LedgerBook } from './ledger-book';
import { formatTable } from './output';
import { count } from './words';

export interface Check {
  /** What was looked at: a node, an image, a record, or `ledger`. */
  readonly about: string;
  readonly name: string;
  readonly ok: boolean;
  /** In words for people: what holds, or what does not. */
  readonly detail: string;
  /** It could not be looked at, and the detail says why: neither held nor failed. @default false */
  readonly skipped?: true;
}

/**
 * That a record stands in the ledger, proved up to the log's signature.
 * @param missing what to say when there is none
 */
export async function checkRecord(
  subject: Pick<Check, 'about' | 'name'>,
  entry: LedgerEntry | undefined,
  book: LedgerBook,
  words: { readonly found: string; readonly missing: string },
): Promise<Check> {
  if (entry === undefined) return { ...subject, ok: false, detail: words.missing };
  try {
    const { index, checkpoint } = await book.prove(entry);
    return { ...subject, ok: true, detail: `${words.found}: record ${index} of ${checkpoint.size}, proved` };
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return { ...subject, ok: false, detail: error.message };
  }
}

/** One line a check, and in the end whether all hold. */
export function formatChecks(checks: readonly Check[]): string {
  const rows = checks.map((check) => [wordOf(check), check.about, check.name, check.detail]);
  return `${formatTable(rows)}\n${closing(checks)}\n`;
}

const wordOf = ({ ok, skipped }: Check): string => (skipped ? '-' : ok ? 'ok' : 'FAILS');

function closing(all: readonly Check[]): string {
  const checks = all.filter(({ skipped }) => !skipped);
  const failed = checks.filter(({ ok }) => !ok);
  const abouts = [...new Set(failed.map(({ about }) => about))].join(', ');
  if (checks.length === 1) return failed.length === 0 ? 'The check holds.' : 'The check does not hold.';
  const total = count(checks.length, 'check');
  if (failed.length > 0)
    return `${failed.length} of ${total} ${failed.length === 1 ? 'does' : 'do'} not hold: ${abouts}.`;
  return `All ${total} hold.`;
}
