/**
 * The ledger's records one after the other, in either direction, from a bundle of 256 at a time: however long the log
 * is, no more of it is in memory, and no more is read than is asked for.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { LedgerEntry, ReadOnlyLedger } from '../providers/provchain';
import { isTimed, isWithin, type LogFilter, matches, statedTimeMs } from './log-filter';

/** Entries that the ledger keeps in one file. */
const bundleSize = 256;
const lookAgainMs = 250;

export interface Walk {
  readonly ledger: ReadOnlyLedger;
  readonly filter: LogFilter;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** From the newest of that many records back. */
export async function* walkBack(
  { ledger, filter, clock, signal }: Walk,
  size: number,
): AsyncGenerator<LedgerEntry> {
  let timeMs = clock();
  for (let to = size; to > 0; ) {
    const from = Math.floor((to - 1) / bundleSize) * bundleSize;
    for (const entry of (await readRange(ledger, from, to, signal)).reverse()) {
      timeMs = statedTimeMs(entry.statement) ?? timeMs;
      if (matches(entry, filter) && isWithin(timeMs, filter)) yield entry;
    }
    to = from;
  }
}

async function readRange(
  ledger: ReadOnlyLedger,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of ledger.entries({ from, to, signal })) entries.push(entry);
  return entries;
}

/** From the oldest record on, that many. */
export async function* walkOn(walk: Walk, size: number): AsyncGenerator<LedgerEntry> {
  const { ledger, filter, signal } = walk;
  const times = new TimesAhead(walk, size);
  for await (const entry of ledger.entries({ to: size, signal }))
    if (matches(entry, filter) && (!isTimed(filter) || isWithin(await times.at(entry), filter))) yield entry;
}

/** The time of the next record that states one, for those that do not; each stretch of the log is looked at once. */
class TimesAhead {
  readonly #walk: Walk;
  readonly #size: number;
  #known = { index: -1, timeMs: 0 };

  constructor(walk: Walk, size: number) {
    this.#walk = walk;
    this.#size = size;
  }

  async at(entry: LedgerEntry): Promise<number> {
    const stated = statedTimeMs(entry.statement);
    if (stated !== undefined) return stated;
    if (entry.index >= this.#known.index) this.#known = await this.#lookAhead(entry.index + 1);
    return this.#known.timeMs;
  }

  async #lookAhead(from: number): Promise<{ index: number; timeMs: number }> {
    const { ledger, clock, signal } = this.#walk;
    for await (const { index, statement } of ledger.entries({ from, to: this.#size, signal })) {
      const timeMs = statedTimeMs(statement);
      if (timeMs !== undefined) return { index, timeMs };
    }
    return { index: this.#size, timeMs: clock() };
  }
}

/** The records from an index on as they come, until the signal; it ends then, without an error. */
export async function* follow({ ledger, filter, signal }: Walk, from: number): AsyncGenerator<LedgerEntry> {
  for (let next = from; !signal.aborted; ) {
    const { size } = await ledger.checkpoint();
    if (size > next)
      for await (const entry of ledger.entries({ from: next, to: size }))
        if (matches(entry, filter)) yield entry;
    next = Math.max(next, size);
    await sleepFor(lookAgainMs, undefined, { signal }).catch(() => undefined);
  }
}
