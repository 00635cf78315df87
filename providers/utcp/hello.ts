/**
 * Hello, the payload of packet type 1: who I am, signed. 96 bytes.
 *
 *      0  32  Ed25519 public key of the sender
 *     32  64  Ed25519 signature over
 *             "utcp-hello-v1" (13 bytes) || source CellID (16) || epoch (8, big-endian) || public key (32)
 *
 * The signature holds for a whole epoch: made once a boot, checked once for each peer and epoch.
 */
import type { KeyObject } from 'node:crypto';
import {
  cellId,
  publicKeyBytes,
  publicKeySizeBytes,
  signatureSizeBytes,
  signEd25519,
  verifyEd25519,
} from '../../model';
import { anyone, packetTypes, type UtcpPacket } from './header';

export const helloSizeBytes = 96;
const signedPrefix = Buffer.from('utcp-hello-v1', 'ascii');

export interface Hello {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** Inverse of {@link formatHello}; undefined for a payload of another size. */
export function parseHello(payload: Uint8Array): Hello | undefined {
  if (payload.length !== helloSizeBytes) return undefined;
  return { publicKey: payload.slice(0, publicKeySizeBytes), signature: payload.slice(publicKeySizeBytes) };
}

export function formatHello({ publicKey, signature }: Hello): Uint8Array {
  const payload = new Uint8Array(publicKeySizeBytes + signatureSizeBytes);
  payload.set(publicKey, 0);
  payload.set(signature, publicKeySizeBytes);
  return payload;
}

/** The bytes under a hello's signature. */
export function helloMessage(source: string, epoch: bigint, publicKey: Uint8Array): Uint8Array {
  const epochBytes = Buffer.alloc(8);
  epochBytes.writeBigUInt64BE(epoch);
  return Buffer.concat([signedPrefix, Buffer.from(source, 'hex'), epochBytes, publicKey]);
}

/** Signs once for an epoch. @param key the sender's private key */
export function signHello(source: string, epoch: bigint, key: KeyObject): Hello {
  const publicKey = publicKeyBytes(key);
  return { publicKey, signature: signEd25519(key, helloMessage(source, epoch, publicKey)) };
}

/** @param publicKey the key that the mesh's configuration has for this peer, never the one in the hello */
export function verifyHello(hello: Hello, source: string, epoch: bigint, publicKey: Uint8Array): boolean {
  if (Buffer.compare(hello.publicKey, publicKey) !== 0) return false;
  return verifyEd25519(publicKey, helloMessage(source, epoch, publicKey), hello.signature);
}

/** A hello to anyone, as a packet without its tag. */
export function helloPacket(
  meshKey: Uint8Array,
  key: KeyObject,
  epoch: bigint,
  sequence: bigint,
): UtcpPacket {
  const source = cellId(meshKey, publicKeyBytes(key));
  const payload = formatHello(signHello(source, epoch, key));
  return { type: packetTypes.hello, source, destination: anyone, epoch, sequence, payload };
}
