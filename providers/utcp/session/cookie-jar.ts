/**
 * Cookies that need no memory: a keyed hash of who asked, from where, and when.
 *
 *     SipHash-2-4-128(secret, slot of time (8) || link address (6) || source CellID (16) || epoch (8) ||
 *                     initiator's ephemeral (32))
 */
import { timingSafeEqual } from 'node:crypto';
import { sipHash128 } from '../../../model';
import type { UtcpHeader } from '../header';

export class CookieJar {
  readonly #secret: Uint8Array;
  readonly #slotMicros: number;

  constructor(secret: Uint8Array, slotMicros: number) {
    this.#secret = secret;
    this.#slotMicros = slotMicros;
  }

  /** 16 bytes that hold in this slot of time and the next. */
  bake(header: UtcpHeader, from: Uint8Array, ephemeral: Uint8Array, nowMicros: number): Uint8Array {
    const { source, epoch } = header;
    const numbers = Buffer.alloc(16);
    numbers.writeBigUInt64BE(BigInt(Math.floor(nowMicros / this.#slotMicros)), 0);
    numbers.writeBigUInt64BE(epoch, 8);
    const [slot, epochBytes] = [numbers.subarray(0, 8), numbers.subarray(8)];
    return sipHash128(
      this.#secret,
      Buffer.concat([slot, from, Buffer.from(source, 'hex'), epochBytes, ephemeral]),
    );
  }

  holds(
    cookie: Uint8Array,
    header: UtcpHeader,
    from: Uint8Array,
    ephemeral: Uint8Array,
    nowMicros: number,
  ): boolean {
    const times = nowMicros < this.#slotMicros ? [nowMicros] : [nowMicros, nowMicros - this.#slotMicros];
    return times.some((time) => timingSafeEqual(cookie, this.bake(header, from, ephemeral, time)));
  }
}
