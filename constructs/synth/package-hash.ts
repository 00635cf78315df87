/**
 * The hash of a provider package in `.terraform.lock.hcl`: Go's dirhash "Hash1" over an unpacked folder.
 *
 *     "h1:" base64(SHA-256( for each regular file, sorted by name: hex(SHA-256(content)) "  " name "\n" ))
 *
 * Names are relative to the folder, with forward slashes, sorted by their UTF-8 bytes; modes and times do not count.
 * https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1
 */
import { createHash } from 'node:crypto';

/** One regular file of a package. */
export interface PackageFile {
  /** Relative to the package folder, with forward slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @returns `h1:` and 44 characters of base64 */
export function hashPackage(files: readonly PackageFile[]): string {
  const summary = createHash('sha256');
  for (const file of files.toSorted(compareByName)) {
    const digest = createHash('sha256').update(file.bytes).digest('hex');
    summary.update(`${digest}  ${file.name}\n`);
  }
  return `h1:${summary.digest('base64')}`;
}

function compareByName(left: PackageFile, right: PackageFile): number {
  return Buffer.compare(Buffer.from(left.name), Buffer.from(right.name));
}
