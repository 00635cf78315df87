/** One entry of an archive, as its reader found it: nothing in it is to be believed. */
export interface ArchiveEntry {
  /** As the archive has it; bytes that are not UTF-8 were refused by the reader. */
  readonly path: string;
  readonly type: EntryType;
  /** All permission bits, setuid and setgid too. */
  readonly mode: number;
  /** Of a link or hard link; empty otherwise. */
  readonly target: string;
  /** As the archive claims; the reader yields exactly as many. */
  readonly sizeBytes: number;
  /** To be read once, before the next entry is asked for; the reader skips what was not read. */
  readonly content: AsyncIterable<Uint8Array>;
}

export type EntryType = 'file' | 'folder' | 'link' | 'hard-link' | 'device' | 'fifo';

/** What a package is unpacked from: a tar, an apk v3, a layer. Errors are NexusErrors that name the archive. */
export type ArchiveReader = AsyncIterable<ArchiveEntry>;
