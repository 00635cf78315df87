/**
 * Whose RSA signature covers what in an apk v2 and in an index: a file `.SIGN.RSA.KEY` (SHA-1, what abuild writes),
 * `.SIGN.RSA256.KEY` or `.SIGN.RSA512.KEY` in the first gzip member, over the bytes of the next. KEY is the name of the
 * public key's file. SHA-1 is what the distribution has; a second preimage, which a forger of a package needs, is still
 * out of reach for it.
 */
import { createHash, verify } from 'node:crypto';
import { badArchive } from '../archive/failure';
import { badSignature } from '../signature/failure';
import type { NamedKey } from '../signature/pem';
import { parsePackageInfo } from './metadata';
import { type GzipMember, readGzipMember, readSmallTar } from './segments';

const hashes: Readonly<Record<string, string>> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' };

/** Checks that one of the signatures is by a key of the ring. @throws NexusError `bad-signature`, `bad-archive` */
export async function checkRsaSignature(
  signature: GzipMember,
  signed: Uint8Array,
  keys: readonly NamedKey[],
  name: string,
): Promise<void> {
  const signatures = (await readSmallTar(signature.content, name)).filter(({ path }) =>
    path.startsWith('.SIGN.'),
  );
  const isGood = signatures.some(({ path, content }) => {
    const [, algorithm = '', keyName] = /^\.SIGN\.([A-Z0-9]+)\.(.+)$/.exec(path) ?? [];
    const key = keys.find((each) => each.name === keyName)?.key;
    const hash = hashes[algorithm];
    return hash !== undefined && key?.asymmetricKeyType === 'rsa' && verify(hash, signed, key, content);
  });
  if (isGood) return;
  const names = signatures.map(({ path }) => path);
  throw badSignature(
    name,
    keys.map((key) => key.name),
    names.length === 0 ? 'no signature in it' : `no good signature among ${names.join(', ')}`,
  );
}

/** What stands before a package's files. */
export interface PackageHead {
  readonly signature: GzipMember;
  readonly control: GzipMember;
  /** Of `.PKGINFO`. */
  readonly info: ReadonlyMap<string, readonly string[]>;
  /** Where the files' member starts. */
  readonly dataOffset: number;
}

/** @param bytes the package's first, all or {@link headSizeBytesMax} of them. @throws NexusError `bad-archive` */
export async function readPackageHead(bytes: Uint8Array, name: string): Promise<PackageHead> {
  const signature = readGzipMember(bytes, name);
  const control = readGzipMember(bytes.subarray(signature.bytes.length), name);
  const info = (await readSmallTar(control.content, name)).find(({ path }) => path === '.PKGINFO');
  if (info === undefined) throw badArchive(name, 'no .PKGINFO in its control part');
  return {
    signature,
    control,
    info: parsePackageInfo(Buffer.from(info.content).toString('utf8')),
    dataOffset: signature.bytes.length + control.bytes.length,
  };
}

/** Whether the control part is the one that the index names: `Q1` and its SHA-1. */
export function isIdentity(control: GzipMember, identity: Uint8Array): boolean {
  const algorithm = identity.length === 20 ? 'sha1' : 'sha256';
  return createHash(algorithm).update(control.bytes).digest().equals(identity);
}
