/** The SHA-256 of a file, a piece at a time, in as much memory as one piece takes. Both for this thread and for others. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const pieceSizeBytes = 1024 * 1024;

/** What a thread is asked, and what it answers under the same number. */
export interface HashRequest {
  readonly id: number;
  readonly paths: readonly string[];
}
export interface HashAnswer {
  readonly id: number;
  readonly digests: readonly FileDigest[];
}

/** In hex; undefined where the file is not there, or cannot be read: then the error's word. */
export type FileDigest = { readonly sha256: string } | { readonly error: string };

export function digestOfFile(path: string, piece = new Uint8Array(pieceSizeBytes)): FileDigest {
  try {
    const file = openSync(path, 'r');
    try {
      const hash = createHash('sha256');
      for (;;) {
        const length = readSync(file, piece);
        if (length === 0) return { sha256: hash.digest('hex') };
        hash.update(piece.subarray(0, length));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? 'error' };
  }
}

/** One piece of memory for all of them. */
export function digestsOfFiles(paths: readonly string[]): readonly FileDigest[] {
  const piece = new Uint8Array(pieceSizeBytes);
  return paths.map((path) => digestOfFile(path, piece));
}
