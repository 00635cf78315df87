/** The smoothed round trip, as RFC 6298 has it: the first sample, then seven parts of old to one of new. */
import type { UtcpLimits } from './limits';

/** Time stamps are the low 32 bits of microseconds. */
export const timeStampOf = (nowMicros: number): number => nowMicros % 2 ** 32;

export class RoundTrip {
  readonly #limits: UtcpLimits;
  #isMeasured = false;
  #micros: number;

  constructor(limits: UtcpLimits) {
    this.#limits = limits;
    this.#micros = limits.roundTripMicrosInitial;
  }

  get micros(): number {
    return this.#micros;
  }

  /** @param echo a time stamp of ours that came back after the peer held it for `holdMicros` */
  measure(echo: number, holdMicros: number, nowMicros: number): void {
    const passed = (timeStampOf(nowMicros) - echo + 2 ** 32) % 2 ** 32;
    if (holdMicros > passed || passed - holdMicros > this.#limits.roundTripMicrosMax) return;
    const sample = Math.max(passed - holdMicros, this.#limits.roundTripMicrosMin);
    this.#micros = this.#isMeasured ? Math.floor((7 * this.#micros + sample) / 8) : sample;
    this.#isMeasured = true;
  }
}
