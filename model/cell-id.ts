/**
 * CellID: SipHash-2-4-128(mesh key, Ed25519 public key), in 32 hex digits. One identity for each node. It selects a
 * peer on the wire and proves nothing by itself: the proof is the signature in the hello and in the ledger.
 */
import { publicKeySizeBytes } from './ed25519-key';
import { NexusError } from './error';
import { sipHash128 } from './sip-hash';

/** @param meshKey 16 secret bytes @param publicKey 32 bytes, Ed25519 */
export function cellId(meshKey: Uint8Array, publicKey: Uint8Array): string {
  if (publicKey.length !== publicKeySizeBytes)
    throw new NexusError('bad-key', `Cannot use a public key of ${publicKey.length} bytes: expected 32`);
  return Buffer.from(sipHash128(meshKey, publicKey)).toString('hex');
}
