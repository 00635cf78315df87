/**
 * The receiving half of a stream: all below `position` came or is given up; of what came beyond it, at most a window
 * is kept. `unconsumed` messages were delivered and stand with the reader still.
 *
 *     limit = position + window - unconsumed,  position ≤ highest ≤ limit
 */
import { type Range, rangesMax } from '../wire';

export class ReceiveStream {
  readonly #slots: (Uint8Array | undefined)[];
  #position = 0;
  /** One above the highest message known to have been sent. */
  #highest = 0;
  #unconsumed = 0;
  /** When to say what is missing; Infinity while nothing is. */
  missingAt = Number.POSITIVE_INFINITY;
  missingDelay = 0;
  /** When to tell the position at the latest; Infinity when it is told. */
  feedbackAt = Number.POSITIVE_INFINITY;
  toldPosition = 0;
  toldLimit = 0;

  constructor(windowMessages: number) {
    this.#slots = new Array<Uint8Array | undefined>(windowMessages).fill(undefined);
  }

  get position(): number {
    return this.#position;
  }
  get limit(): number {
    return this.#position + this.#slots.length - this.#unconsumed;
  }
  get isMissing(): boolean {
    return this.#position < this.#highest;
  }
  /** Whether that message came, is given up, or is already known to be missing. */
  isKnown(sequence: number): boolean {
    return sequence < this.#highest;
  }
  /** Messages kept: out of order, and those of the reader. */
  get kept(): number {
    return this.#unconsumed + this.#slots.filter((slot) => slot !== undefined).length;
  }

  /** @returns whether it was stored; a message beyond the credit is never given here */
  store(sequence: number, message: Uint8Array): boolean {
    if (sequence < this.#position || this.#at(sequence) !== undefined) return false;
    this.#slots[sequence % this.#slots.length] = message;
    this.#highest = Math.max(this.#highest, sequence + 1);
    return true;
  }

  /** The message at the position, if it is there; the position goes on. */
  shift(): { readonly sequence: number; readonly message: Uint8Array } | undefined {
    const [sequence, message] = [this.#position, this.#at(this.#position)];
    if (message === undefined) return undefined;
    this.#slots[sequence % this.#slots.length] = undefined;
    this.#position += 1;
    this.#unconsumed += 1;
    return { sequence, message };
  }

  /** The sender has sent all below `next`, as far as there was credit. */
  extend(next: number): void {
    this.#highest = Math.max(this.#highest, Math.min(next, this.limit));
  }

  /** Gives up what is missing from the position on, to the next message that is there, or to `first`. @returns the new position */
  skip(first: number): number {
    const end = Math.min(first, this.#position + this.#slots.length);
    let next = this.#position;
    while (next < end && this.#at(next) === undefined) next += 1;
    this.#position = next === end ? first : next;
    this.#highest = Math.max(this.#highest, this.#position);
    return this.#position;
  }

  consume(count: number): void {
    this.#unconsumed -= Math.min(count, this.#unconsumed);
  }

  /** What is missing below the highest message known, in at most 16 ranges. */
  missing(): Range[] {
    const ranges: Range[] = [];
    for (let sequence = this.#position; sequence < this.#highest; ) {
      const first = sequence;
      while (sequence < this.#highest && this.#at(sequence) === undefined) sequence += 1;
      if (sequence > first) ranges.push({ first, count: sequence - first });
      if (ranges.length === rangesMax) break;
      while (sequence < this.#highest && this.#at(sequence) !== undefined) sequence += 1;
    }
    return ranges;
  }

  #at(sequence: number): Uint8Array | undefined {
    return this.#slots[sequence % this.#slots.length];
  }
}
