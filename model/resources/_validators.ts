/** Validators of the words of the model: each runs the model's own check, so that a plan and KDL say the same. */
import { lengthBetween, matches, type Validator } from '../../schema';
import { isCid } from '../cid';
import { formatError } from '../error';
import { checkName, type NameKind } from '../name';

/** A validator from a check that throws. */
export function checkedBy<V>(description: string, check: (value: V) => unknown): Validator<V> {
  return {
    description,
    check: (value) => {
      try {
        check(value);
        return undefined;
      } catch (error) {
        return formatError(error);
      }
    },
  };
}

/** 1 to 31 of a-z, 0-9 and `-`, a letter first. */
export function isName(kind: NameKind): Validator<string> {
  return checkedBy('1 to 31 of a-z, 0-9 and `-`, a letter first', (value) => checkName(kind, value));
}

/** Every key of a map is a name. */
export function keysAreNames(kind: NameKind): Validator<Readonly<Record<string, unknown>>> {
  return checkedBy(`keys are names of a ${kind}`, (value) => {
    for (const key of Object.keys(value)) checkName(kind, key);
  });
}

/** A CIDv1 in base32: raw or dag-cbor, sha2-256. */
export const isCidText: Validator<string> = {
  description: 'a CIDv1 in base32, raw or dag-cbor with sha2-256',
  check: (value) => (isCid(value) ? undefined : 'not a CID, expected 59 characters like "bafk…" or "bafy…"'),
};

export const isPublicKey = matches(/^[0-9a-f]{64}$/, 'an Ed25519 public key as 64 lower-case hex digits');

export const isNotEmpty = lengthBetween(1, 65_536);
