/** The rule of model/ed25519.ts in the arithmetic of @noble/ed25519: a third implementation beside OpenSSL and the kernel. */
import { createHash } from 'node:crypto';
import { Point } from '@noble/ed25519';

/** Nothing of OpenSSL in it but SHA-512. */
export function verifyByPoints(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const a = Point.fromBytes(publicKey, false);
    const r = Point.fromBytes(signature.subarray(0, 32), false);
    const s = littleEndian(signature.subarray(32));
    if (s >= Point.CURVE().n || a.clearCofactor().is0()) return false;
    const hash = createHash('sha512')
      .update(signature.subarray(0, 32))
      .update(publicKey)
      .update(message)
      .digest();
    const k = littleEndian(hash) % Point.CURVE().n;
    return times(Point.BASE, s).equals(r.add(times(a, k)));
  } catch {
    return false;
  }
}

export const times = (point: Point, factor: bigint): Point =>
  factor === 0n ? Point.ZERO : point.multiply(factor, false);
export const littleEndian = (bytes: Uint8Array): bigint =>
  BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
