/** One thing that `nexus verify` looked at, and what it found. */
import { NexusError } from '../model';
import type { LedgerEntry } from '../providers/provchain';
import type { LedgerBook } from './ledger-book';

export interface Check {
  /** What was looked at: a node, an image, a record, or `ledger`. */
  readonly about: string;
  readonly name: string;
  readonly ok: boolean;
  /** In words for people: what holds, or what does not. */
  readonly detail: string;
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
