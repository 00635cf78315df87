/** Archives in memory, for what stands behind their readers. */
import type { ArchiveEntry, ArchiveReader } from '../../../providers/nip';

/** An entry with what a test says of it; the rest is that of a plain file with its own path as content. */
export function entry(path: string, some: Partial<ArchiveEntry> = {}): ArchiveEntry {
  const bytes = Buffer.from(path);
  return {
    path,
    type: 'file',
    mode: 0o644,
    target: '',
    sizeBytes: bytes.length,
    content: pieces([bytes]),
    ...some,
  };
}

export function link(path: string, target: string): ArchiveEntry {
  return entry(path, { type: 'link', target, sizeBytes: 0 });
}

export async function* pieces(list: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* list;
}

export async function* archive(...entries: readonly ArchiveEntry[]): ArchiveReader {
  yield* entries;
}
