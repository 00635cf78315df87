/** Chance from a seed: the same seed gives the same run. */
import { createHash } from 'node:crypto';

/** Mulberry32, for the simulator's own choices. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to below the limit. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  bytes(sizeBytes: number): Uint8Array {
    return Uint8Array.from({ length: sizeBytes }, () => this.below(256));
  }
}

/** What an endpoint gets as randomness: SHA-256(seed || counter (8, big-endian)), one hash a call. The C host does the same. */
export function hashedRandom(seed: Uint8Array): (sizeBytes: number) => Uint8Array {
  let counter = 0n;
  return (sizeBytes) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(counter);
    counter += 1n;
    return new Uint8Array(createHash('sha256').update(seed).update(bytes).digest().subarray(0, sizeBytes));
  };
}
