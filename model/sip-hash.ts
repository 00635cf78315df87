/**
 * SipHash-2-4 with 128 bits of output: https://www.aumasson.jp/siphash/siphash.pdf and the reference `siphash.c`.
 * It is a keyed function and nothing without a secret key.
 *
 * A 64-bit word is two elements of a Uint32Array, low half first: word i of the state is [2i, 2i + 1].
 */
import { NexusError } from './error';

const keySizeBytes = 16;

/** @param key 16 secret bytes @returns 16 bytes, in the byte order of the reference code */
export function sipHash128(key: Uint8Array, data: Uint8Array): Uint8Array {
  const state = initialState(key);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const wholeBytes = data.length - (data.length % 8);
  for (let offset = 0; offset < wholeBytes; offset += 8) {
    compress(state, view.getUint32(offset, true), view.getUint32(offset + 4, true));
  }
  const last = lastWord(data, wholeBytes);
  compress(state, last.getUint32(0, true), last.getUint32(4, true));
  return finish(state);
}

/** v0 ^= k0, v1 ^= k1 ^ 0xee (the mark of the 128-bit variant), v2 ^= k0, v3 ^= k1. */
function initialState(key: Uint8Array): Uint32Array {
  if (key.length !== keySizeBytes)
    throw new NexusError(
      'bad-key',
      `Cannot use a SipHash key of ${key.length} bytes: expected ${keySizeBytes}`,
    );
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const [k0, k0High, k1, k1High] = [0, 4, 8, 12].map((offset) => view.getUint32(offset, true)) as Four;
  return Uint32Array.of(
    0x70736575 ^ k0,
    0x736f6d65 ^ k0High,
    0x6e646f6d ^ k1 ^ 0xee,
    0x646f7261 ^ k1High,
    0x6e657261 ^ k0,
    0x6c796765 ^ k0High,
    0x79746573 ^ k1,
    0x74656462 ^ k1High,
  );
}
type Four = [number, number, number, number];

/** The bytes after the last whole word, with the length's low byte on top. */
function lastWord(data: Uint8Array, offset: number): DataView {
  const word = new Uint8Array(8);
  word.set(data.subarray(offset));
  word[7] = data.length & 0xff;
  return new DataView(word.buffer);
}

/** v3 ^= m, two rounds, v0 ^= m. */
function compress(state: Uint32Array, low: number, high: number): void {
  xorInto(state, 6, low, high);
  rounds(state, 2);
  xorInto(state, 0, low, high);
}

/** Each half of the output: v2 ^= 0xee or v1 ^= 0xdd, four rounds, v0 ^ v1 ^ v2 ^ v3. */
function finish(state: Uint32Array): Uint8Array {
  const output = new Uint8Array(16);
  const view = new DataView(output.buffer);
  xorInto(state, 4, 0xee, 0);
  for (const offset of [0, 8]) {
    if (offset === 8) xorInto(state, 2, 0xdd, 0);
    rounds(state, 4);
    view.setUint32(offset, fold(state, 0), true);
    view.setUint32(offset + 4, fold(state, 1), true);
  }
  return output;
}

const word = (state: Uint32Array, index: number): number => state[index] ?? 0;

function fold(state: Uint32Array, half: number): number {
  return word(state, half) ^ word(state, 2 + half) ^ word(state, 4 + half) ^ word(state, 6 + half);
}

function xorInto(state: Uint32Array, index: number, low: number, high: number): void {
  state[index] = word(state, index) ^ low;
  state[index + 1] = word(state, index + 1) ^ high;
}

function rounds(state: Uint32Array, count: number): void {
  for (let round = 0; round < count; round++) {
    mix(state, 0, 2, 13);
    rotateBy32(state, 0);
    mix(state, 4, 6, 16);
    mix(state, 0, 6, 21);
    mix(state, 4, 2, 17);
    rotateBy32(state, 4);
  }
}

/** a += b; b = rotate left(b, bits) ^ a, on 64-bit words; bits < 32. */
function mix(state: Uint32Array, a: number, b: number, bits: number): void {
  const low = word(state, a) + word(state, b);
  state[a] = low;
  state[a + 1] = word(state, a + 1) + word(state, b + 1) + (low > 0xffffffff ? 1 : 0);
  const [bLow, bHigh] = [word(state, b), word(state, b + 1)];
  state[b] = ((bLow << bits) | (bHigh >>> (32 - bits))) ^ word(state, a);
  state[b + 1] = ((bHigh << bits) | (bLow >>> (32 - bits))) ^ word(state, a + 1);
}

function rotateBy32(state: Uint32Array, index: number): void {
  const low = word(state, index);
  state[index] = word(state, index + 1);
  state[index + 1] = low;
}
