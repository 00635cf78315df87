/**
 * A rotation of a key: the record `key` with `replaces` (model/record.ts). It is signed with the old key, and holds the
 * new key's signature over
 *
 *     nexus key rotation v1
 *     deployer deployer
 *     <the replaced key, 64 hex digits>
 *     <the new key, 64 hex digits>
 *
 * each line with its end: so nobody can be named successor of a key against his will, and who trusts either of the two
 * keys is led to the other.
 */
import { type KeyIntroduction, verifyEd25519 } from '../../../model';

/** The parts of a rotation that the new key signs. */
export type RotationClaim = Pick<KeyIntroduction, 'role' | 'name' | 'key'> & { readonly replaces: string };

/** What the new key signs. */
export function rotationText({ role, name, key, replaces }: RotationClaim): Uint8Array {
  return Buffer.from(`nexus key rotation v1\n${role} ${name}\n${replaces}\n${key}\n`);
}

/** Whether the introduction is a rotation that the new key has agreed to. */
export function isAgreedRotation(
  introduction: KeyIntroduction,
): introduction is KeyIntroduction & RotationClaim {
  const { key, replaces, proof, role, name } = introduction;
  if (replaces === undefined || proof === undefined) return false;
  const text = rotationText({ role, name, key, replaces });
  return verifyEd25519(Buffer.from(key, 'hex'), text, Buffer.from(proof, 'hex'));
}
