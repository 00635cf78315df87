/**
 * The sending half of a stream: messages `first` to `next` are held, those below `sent` were sent once at least, those
 * below `limit` may be. The receiver has said that it is done with all below `acknowledged`; between that and `first`
 * stands what was given up, and the receiver may not know it yet.
 *
 *     acknowledged ≤ first ≤ sent ≤ next,  next - first ≤ window
 */
import type { Range } from '../wire';
import { initialCredit } from './limits';

interface Slot {
  readonly message: Uint8Array;
  readonly queuedAt: number;
  sentAt: number;
  isWanted: boolean;
}

export class SendStream {
  readonly #slots: (Slot | undefined)[];
  #acknowledged = 0;
  #first = 0;
  #sent = 0;
  #next = 0;
  #limit = initialCredit;
  /** When the next heartbeat is due; Infinity while all is settled. */
  heartbeatAt = Number.POSITIVE_INFINITY;
  heartbeatDelay = 0;

  constructor(windowMessages: number) {
    this.#slots = new Array<Slot | undefined>(windowMessages).fill(undefined);
  }

  get first(): number {
    return this.#first;
  }
  get sent(): number {
    return this.#sent;
  }
  get held(): number {
    return this.#next - this.#first;
  }
  /** The receiver knows of everything. */
  get isSettled(): boolean {
    return this.#acknowledged === this.#next;
  }
  get isFull(): boolean {
    return this.held === this.#slots.length;
  }

  enqueue(message: Uint8Array, nowMicros: number): void {
    this.#slots[this.#next % this.#slots.length] = {
      message,
      queuedAt: nowMicros,
      sentAt: nowMicros,
      isWanted: false,
    };
    this.#next += 1;
  }

  /** What is asked for again comes first, then what was never sent and has credit. */
  nextToSend(): number | undefined {
    for (let sequence = this.#first; sequence < this.#sent; sequence += 1)
      if (this.#at(sequence)?.isWanted) return sequence;
    return this.#sent < Math.min(this.#next, this.#limit) ? this.#sent : undefined;
  }

  /** The message to send, which counts as sent from now on. */
  takeToSend(sequence: number, nowMicros: number): Uint8Array {
    const slot = this.#at(sequence);
    if (slot === undefined) throw new RangeError(`message ${sequence} is not held`);
    slot.sentAt = nowMicros;
    slot.isWanted = false;
    if (sequence === this.#sent) this.#sent += 1;
    return slot.message;
  }

  /** The receiver has all below the position. @returns whether that is news */
  acknowledge(position: number): boolean {
    if (position <= this.#acknowledged) return false;
    this.#acknowledged = position;
    this.#dropBelow(position);
    return true;
  }

  /** @returns whether there is more credit than before */
  grant(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** Marks what is missing to be sent again, unless that was done within the last `lingerMicros`. */
  want({ first, count }: Range, nowMicros: number, lingerMicros: number): void {
    const next = Math.min(first + count, this.#sent);
    for (let sequence = Math.max(first, this.#first); sequence < next; sequence += 1) {
      const slot = this.#at(sequence);
      if (slot !== undefined && nowMicros - slot.sentAt >= lingerMicros) slot.isWanted = true;
    }
  }

  /** When the oldest message is given up. */
  expiresAt(lifetimeMicros: number): number {
    const slot = this.held === 0 ? undefined : this.#at(this.#first);
    return lifetimeMicros === 0 || slot === undefined
      ? Number.POSITIVE_INFINITY
      : slot.queuedAt + lifetimeMicros;
  }

  /** Gives up what is too old. @returns how many messages that was */
  expire(nowMicros: number, lifetimeMicros: number): number {
    const from = this.#first;
    while (this.expiresAt(lifetimeMicros) <= nowMicros) this.#dropBelow(this.#first + 1);
    return this.#first - from;
  }

  #at(sequence: number): Slot | undefined {
    return this.#slots[sequence % this.#slots.length];
  }

  #dropBelow(position: number): void {
    for (; this.#first < position; this.#first += 1)
      this.#slots[this.#first % this.#slots.length] = undefined;
    this.#sent = Math.max(this.#sent, this.#first);
  }
}
