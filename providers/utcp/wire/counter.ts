/** Counters on the wire: 64 bits, big-endian, and below 2^53, so that a program may hold them as doubles too. */
export const counterLimit = 2 ** 53;

/** Inverse of {@link writeCounter}; undefined from 2^53 on. */
export function readCounter(view: DataView, offset: number): number | undefined {
  const value = view.getBigUint64(offset);
  return value < counterLimit ? Number(value) : undefined;
}

export function writeCounter(view: DataView, offset: number, value: number): void {
  view.setBigUint64(offset, BigInt(value));
}
