/**
 * tar: ustar, GNU and pax, read by tar-stream (docs/decisions/0010-archives.md). This file only says its entries in nip's
 * words, and refuses what nothing else can judge: names that are no UTF-8, sparse files, kinds of entries that nobody
 * knows.
 */
import { once } from 'node:events';
import { type Extract, type ExtractEvents, extract, type Header } from 'tar-stream';
import { NexusError } from '../../../model';
import type { ArchiveEntry, ArchiveReader, EntryType } from '../entry';
import type { Bytes } from './bytes';
import { badArchive } from './failure';

type Entry = ExtractEvents['entry'][1];

const types: Readonly<Record<string, EntryType>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  symlink: 'link',
  link: 'hard-link',
  'character-device': 'device',
  'block-device': 'device',
  fifo: 'fifo',
};

/** The entries of an uncompressed tar. @throws NexusError `bad-archive` */
export async function* readTar(source: Bytes, name: string): ArchiveReader {
  const feed = new Feed(source, name);
  try {
    for await (const stream of feed.parser) {
      yield entryOf(stream, feed.content(stream), name);
      stream.resume();
    }
  } catch (error) {
    throw feed.explain(error);
  } finally {
    feed.parser.destroy();
  }
}

/** Brings the source to the parser, and knows afterwards whose fault an error was. */
class Feed {
  readonly parser: Extract = extract();
  #sourceError: unknown;
  #isClosed = false;

  constructor(
    private readonly source: Bytes,
    private readonly name: string,
  ) {
    this.parser.once('close', () => {
      this.#isClosed = true;
    });
    void this.#run();
  }

  /** One entry's bytes. */
  async *content(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of stream) if (piece instanceof Uint8Array) yield piece;
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** An error of the source says best itself what happened; what the parser says is put in our words. */
  explain(error: unknown): unknown {
    if (this.#sourceError !== undefined) return this.#sourceError;
    if (error instanceof NexusError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return badArchive(this.name, `it is cut off or no tar (${reason})`, error);
  }

  /** When the parser takes more, or nothing any more. */
  async #drained(): Promise<void> {
    const ended = new AbortController();
    const events = ['drain', 'close'].map((event) => once(this.parser, event, { signal: ended.signal }));
    await Promise.race(events);
    ended.abort();
    await Promise.allSettled(events);
  }

  /** Writes all of the source, at the parser's own speed. */
  async #run(): Promise<void> {
    try {
      for await (const piece of this.source) {
        if (this.#isClosed) return;
        if (!this.parser.write(piece)) await this.#drained();
      }
      // The types want an argument; null is the end itself.
      this.parser.end(null);
    } catch (error) {
      this.#sourceError = error;
      this.parser.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function entryOf({ header }: Entry, content: Bytes, name: string): ArchiveEntry {
  const path = checkText(header.name, name);
  if (isSparse(header)) throw badArchive(name, `entry "${path}" is a sparse file, expected plain ones`);
  const type = types[header.type ?? ''];
  if (type === undefined) throw badArchive(name, `entry "${path}" is of a kind that nobody knows`);
  return {
    path,
    type,
    mode: Number.isInteger(header.mode) ? header.mode & 0o7777 : 0o644,
    // Null for what is no link, whatever the parser's types say.
    target: checkText(header.linkname ?? '', name),
    sizeBytes: type === 'file' ? checkSize(header.size, path, name) : 0,
    content,
  };
}

/** Names that were no UTF-8 have the replacement character where the parser gave up. */
function checkText(text: string, name: string): string {
  if (!text.includes('\ufffd')) return text;
  throw badArchive(name, `entry "${text}" has a name that is not UTF-8`);
}

/** GNU's sparse formats inside pax headers; the old one is a type of its own, which the parser does not know. */
function isSparse({ pax }: Header): boolean {
  return Object.keys(pax ?? {}).some((key) => key.startsWith('GNU.sparse'));
}

function checkSize(sizeBytes: number, path: string, name: string): number {
  if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0) return sizeBytes;
  throw badArchive(name, `entry "${path}" has a size of ${sizeBytes} bytes`);
}
