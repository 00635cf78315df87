/** Who is on the wire and wishes ill: an outsider who hears everything, and a member who has the mesh key. */
import {
  formatAccept,
  formatCookie,
  formatFeedback,
  formatInitiate,
  formatOpen,
  formatPacket,
  headerSizeBytes,
  packetTypes,
  parseCookie,
  readHeader,
  readType,
  sealPacket,
  tagSizeBytes,
} from '../../../../providers/utcp';
import type { Dice } from './dice';

const heardMax = 32;

export class Hostile {
  readonly #dice: Dice;
  readonly #meshKey: Uint8Array;
  #heard: Uint8Array[] = [];
  /** A cookie that a node gave us, and to whom it thinks it did. */
  #given: { readonly from: string; readonly inNameOf: string; readonly payload: Uint8Array } | undefined;

  constructor(dice: Dice, meshKey: Uint8Array) {
    this.#dice = dice;
    this.#meshKey = meshKey;
  }

  overhear(packet: Uint8Array): void {
    this.#heard = [...this.#heard.slice(1 - heardMax), packet];
  }

  /** The packet with one bit changed. */
  flip(packet: Uint8Array): Uint8Array {
    const copy = packet.slice();
    const at = this.#dice.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << this.#dice.below(8));
    return copy;
  }

  #overheard(): Uint8Array | undefined {
    return this.#heard[this.#dice.below(this.#heard.length)];
  }

  /** Noise, a changed packet, another header's body, or a request for everything under a key of its own. */
  packetOfOutsider(target: string): Uint8Array | undefined {
    const [some, other] = [this.#overheard(), this.#overheard()];
    const choice = this.#dice.below(5);
    if (choice === 0 || some === undefined || other === undefined)
      return this.#dice.bytes(this.#dice.below(300));
    if (choice === 1) return this.flip(some);
    if (choice === 2) return some.slice(0, this.#dice.below(some.length));
    if (choice === 3) return spliced(some, other);
    return readType(some) < packetTypes.data ? undefined : this.#spoofedNack(some, target);
  }

  /** With the header of a packet that was heard but a higher number, so that it reaches the tag. */
  #spoofedNack(heard: Uint8Array, target: string): Uint8Array {
    const hex = (start: number, end: number) => Buffer.from(heard.subarray(start, end)).toString('hex');
    const { buffer, byteOffset, byteLength } = heard;
    const view = new DataView(buffer, byteOffset, byteLength);
    const header = {
      type: packetTypes.feedback,
      source: hex(8, 24) === target ? hex(24, 40) : hex(8, 24),
      destination: target,
      epoch: view.getBigUint64(40),
      sequence: view.getBigUint64(48) + BigInt(this.#dice.below(2_000)),
    };
    const ranges = [{ first: 0, count: 1_000 }];
    const numbers = { highest: 1, position: 0, limit: 1 << 30 };
    const payload = formatFeedback({ stream: 0, echo: 0, holdMicros: 0, ...numbers, ranges });
    return sealPacket(header, view.getUint16(6) + this.#dice.below(2), this.#dice.bytes(32), payload);
  }

  /** The answer to an initiate of ours: with its cookie, an open comes as far as the signature. */
  learn(packet: Uint8Array): void {
    if (readType(packet) !== packetTypes.cookie) return;
    const { source: from, destination: inNameOf } = readHeader(packet);
    this.#given = { from, inNameOf, payload: packet.slice(headerSizeBytes, -tagSizeBytes) };
  }

  /** A handshake with a right tag in the name of somebody else. */
  packetOfMember(target: string, inNameOf: string): Uint8Array {
    const heard = this.#heard.filter((packet) => readType(packet) < packetTypes.data);
    const some = heard[this.#dice.below(heard.length)];
    const given = this.#given?.from === target && this.#given.inNameOf === inNameOf ? this.#given : undefined;
    const ours = given === undefined ? undefined : parseCookie(given.payload);
    const ephemeral =
      ours?.ephemeral ?? some?.slice(headerSizeBytes, headerSizeBytes + 32) ?? this.#dice.bytes(32);
    const [cookie, signature] = [ours?.cookie ?? this.#dice.bytes(16), this.#dice.bytes(64)];
    const [type, payload] = this.#dice.pick<readonly [number, Uint8Array]>([
      [packetTypes.initiate, formatInitiate({ ephemeral })],
      [packetTypes.cookie, formatCookie({ ephemeral: this.#dice.bytes(32), cookie })],
      [packetTypes.open, formatOpen({ ephemeral, cookie, signature })],
      [packetTypes.accept, formatAccept({ ephemeral, signature })],
    ]);
    // The cookie holds for the epoch of the initiate, so that one is always the same and high.
    const epoch = 1_000n;
    const sequence = BigInt(this.#dice.below(9));
    const header = { type, source: inNameOf, destination: target, epoch, sequence };
    return formatPacket({ ...header, payload }, this.#meshKey);
  }
}

/** The header of one with the body of another; undefined if that is a packet that was sent. */
function spliced(head: Uint8Array, body: Uint8Array): Uint8Array | undefined {
  const whole = Buffer.concat([head.subarray(0, headerSizeBytes), body.subarray(headerSizeBytes)]);
  return Buffer.compare(whole, head) === 0 || Buffer.compare(whole, body) === 0 ? undefined : whole;
}
