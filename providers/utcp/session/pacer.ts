/** At most so much in a time, and so much at once: a leaky bucket kept as the time at which it is empty. */
export class Pacer {
  readonly #unitsPerPeriod: number;
  readonly #periodMicros: number;
  readonly #burstMicros: number;
  #emptyAt = 0;

  /** @param periodMicros @default a second */
  constructor(unitsPerPeriod: number, burstUnits: number, periodMicros = 1_000_000) {
    this.#unitsPerPeriod = unitsPerPeriod;
    this.#periodMicros = periodMicros;
    this.#burstMicros = this.#microsOf(burstUnits);
  }

  /** From when on something may be spent. */
  get readyAt(): number {
    return Math.max(this.#emptyAt - this.#burstMicros, 0);
  }

  spend(units: number, nowMicros: number): void {
    this.#emptyAt = Math.max(this.#emptyAt, nowMicros) + this.#microsOf(units);
  }

  #microsOf(units: number): number {
    return Math.floor((units * this.#periodMicros) / this.#unitsPerPeriod);
  }
}
