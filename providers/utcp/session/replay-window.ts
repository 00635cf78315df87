/** Which packet numbers have come: the highest, and a bit for each of the 1024 below it. RFC 6479 without its ring. */
const windowBits = 1024;
const wordBits = 32;

export class ReplayWindow {
  #highest = 0;
  /** Bit n of the ring is packet number n modulo the window. */
  readonly #words = new Uint32Array(windowBits / wordBits);

  /** The highest number taken; 0 before the first, as packets count from 1. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether that number has not come and is not too old to tell. */
  isNew(number: number): boolean {
    if (number > this.#highest) return true;
    if (number === 0 || number + windowBits <= this.#highest) return false;
    return ((this.#words[wordOf(number)] ?? 0) & bitOf(number)) === 0;
  }

  /** Only for numbers that are new, of packets that are authentic. */
  take(number: number): void {
    const cleared = Math.min(number - this.#highest, windowBits);
    for (let above = 1; above <= cleared; above += 1) this.#clear(this.#highest + above);
    if (number > this.#highest) this.#highest = number;
    const word = wordOf(number);
    this.#words[word] = (this.#words[word] ?? 0) | bitOf(number);
  }

  #clear(number: number): void {
    const word = wordOf(number);
    this.#words[word] = (this.#words[word] ?? 0) & ~bitOf(number);
  }
}

const wordOf = (number: number): number => Math.floor((number % windowBits) / wordBits);
const bitOf = (number: number): number => 1 << (number % wordBits);
