/**
 * ADB, the tree of values in an apk v3 (apk-v3(5)). A value is a word (32 bits, little-endian), the kind above its four
 * highest bits, and below them a number or where in the block the value lies:
 *
 *     1 number itself        8 bytes, length in 8 bits       d array, e object: slots, of which the first says how many
 *     2 number in 32 bits    9 bytes, length in 16 bits        there are, itself too
 *     3 number in 64 bits    a bytes, length in 32 bits      0 null, true, false
 *
 * The block starts with two bytes of version, two of nothing and the root's value. Nothing is trusted: a value that leads
 * out of the block is refused, and so is reading far more slots than it can hold, which a graph of shared arrays would do.
 */
import { badArchive } from '../archive/failure';

/** A value as it stands in a slot. */
export type AdbValue = number;

const headerSizeBytes = 8;

export class Adb {
  readonly #view: DataView;
  #slotsLeft: number;

  /** @param name the file's, in errors. @throws NexusError `bad-archive` */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {
    if (bytes.length < headerSizeBytes) throw badArchive(name, 'an ADB block without a header');
    if (bytes[0] !== 0) throw badArchive(name, `ADB of version ${bytes[0]}, expected 0`);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#slotsLeft = 1_000_000 + 8 * bytes.length;
  }

  get root(): AdbValue {
    return this.#view.getUint32(4, true);
  }

  /** Zero for what is no number. */
  number(value: AdbValue | undefined): number {
    const { kind, rest } = split(value);
    if (kind === 1) return rest;
    if (kind === 2) return this.#word(rest);
    if (kind !== 3) return 0;
    this.#check(rest, 8);
    return Number(this.#view.getBigUint64(rest, true));
  }

  /** Undefined for what are no bytes. */
  blob(value: AdbValue | undefined): Uint8Array | undefined {
    const { kind, rest } = split(value);
    const width = { 8: 1, 9: 2, 10: 4 }[kind];
    if (width === undefined) return undefined;
    this.#check(rest, width);
    const length =
      width === 1
        ? this.#view.getUint8(rest)
        : width === 2
          ? this.#view.getUint16(rest, true)
          : this.#view.getUint32(rest, true);
    this.#check(rest + width, length);
    return this.bytes.subarray(rest + width, rest + width + length);
  }

  /** Empty for what is no text. @throws NexusError `bad-archive` for what is not UTF-8 */
  text(value: AdbValue | undefined): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.blob(value) ?? new Uint8Array(),
      );
    } catch (cause) {
      throw badArchive(this.name, 'a name or text in it is not UTF-8', cause);
    }
  }

  /** The slots after the count, by their number from 1; none for what is no array or object. */
  slots(value: AdbValue | undefined): readonly AdbValue[] {
    const { kind, rest } = split(value);
    if (kind !== 0xd && kind !== 0xe) return [];
    const count = this.#word(rest);
    this.#check(rest, 4 * count);
    this.#slotsLeft -= count;
    if (this.#slotsLeft < 0)
      throw badArchive(this.name, 'its arrays hold one another more often than they can');
    return Array.from({ length: Math.max(0, count - 1) }, (_, at) =>
      this.#view.getUint32(rest + 4 + 4 * at, true),
    );
  }

  #word(offset: number): number {
    this.#check(offset, 4);
    return this.#view.getUint32(offset, true);
  }

  #check(offset: number, sizeBytes: number): void {
    if (offset + sizeBytes > this.bytes.length)
      throw badArchive(this.name, 'a value that lies outside its block');
  }
}

function split(value: AdbValue | undefined): { readonly kind: number; readonly rest: number } {
  return { kind: (value ?? 0) >>> 28, rest: (value ?? 0) & 0x0fffffff };
}
