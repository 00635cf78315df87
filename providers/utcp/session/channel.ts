/**
 * Sealing and opening for one session: packet numbers, keys by generation, and the window against replay. A number is
 * never used twice, so no nonce is.
 */
import type { UtcpHeader } from '../header';
import { openPacket, sealPacket } from '../wire';
import { generationMax, ReceiveKeys, SendKeys } from './keys';
import { ReplayWindow } from './replay-window';

export interface ChannelOptions {
  readonly self: string;
  readonly peer: string;
  readonly epoch: bigint;
  readonly peerEpoch: bigint;
  readonly sendSecret: Uint8Array;
  readonly receiveSecret: Uint8Array;
  readonly rekeyPackets: number;
}

export interface OpenedPacket {
  readonly payload: Uint8Array;
  readonly number: number;
  /** Whether it is the highest so far. */
  readonly isHighest: boolean;
}

export class Channel {
  readonly #options: ChannelOptions;
  readonly #sendKeys: SendKeys;
  readonly #receiveKeys: ReceiveKeys;
  readonly #window = new ReplayWindow();
  /** Number of the packet sent last, and of the first one under the present key. */
  #number = 0;
  #generationStart = 1;
  /** The highest number of ours that the peer has seen. */
  #seen = 0;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#sendKeys = new SendKeys(options.sendSecret);
    this.#receiveKeys = new ReceiveKeys(options.receiveSecret);
  }

  get generation(): number {
    return this.#sendKeys.generation;
  }
  /** The highest number of the peer's that came. */
  get highest(): number {
    return this.#window.highest;
  }
  /** No further key is there. */
  get isExhausted(): boolean {
    return this.#sendKeys.generation === generationMax && this.#isKeyUsed;
  }

  /** The tag is asked last: everything before it is cheap. */
  open(header: UtcpHeader, generation: number, packet: Uint8Array): OpenedPacket | 'replay' | 'tag' {
    const number = Number(header.sequence);
    if (header.epoch !== this.#options.peerEpoch) return 'replay';
    if (!Number.isSafeInteger(number) || !this.#window.isNew(number)) return 'replay';
    const key = this.#receiveKeys.keyOf(generation);
    const payload = key === undefined ? undefined : openPacket(packet, header.sequence, key);
    if (payload === undefined) return 'tag';
    const isHighest = number > this.#window.highest;
    this.#window.take(number);
    this.#receiveKeys.confirm(generation);
    return { payload, number, isHighest };
  }

  seal(type: number, payload: Uint8Array): Uint8Array {
    if (this.#isKeyUsed && this.#seen >= this.#generationStart && this.#sendKeys.generation < generationMax) {
      this.#sendKeys.advance();
      this.#generationStart = this.#number + 1;
    }
    this.#number += 1;
    const { self: source, peer: destination, epoch } = this.#options;
    const header = { type, source, destination, epoch, sequence: BigInt(this.#number) };
    return sealPacket(header, this.#sendKeys.generation, this.#sendKeys.key, payload);
  }

  /** Whether the peer can have seen that packet of ours. */
  wasSent(number: number): boolean {
    return number <= this.#number;
  }

  /** The peer has seen that packet of ours. @returns whether it had not seen one as high */
  confirm(number: number): boolean {
    if (number <= this.#seen) return false;
    this.#seen = number;
    return true;
  }

  get #isKeyUsed(): boolean {
    return this.#number - this.#generationStart + 1 >= this.#options.rekeyPackets;
  }
}
