/** Reading a stream of bytes by number: headers of fixed size, members of known length. */
import { badArchive } from './failure';

export type Bytes = AsyncIterable<Uint8Array>;

const pieceSizeBytesMax = 1024 * 1024;

export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  /** @param name the archive's, in errors */
  constructor(
    source: Bytes,
    private readonly name: string,
  ) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** That many bytes, or undefined right at the end. @throws NexusError `bad-archive` when it ends in between */
  async read(sizeBytes: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let missing = sizeBytes;
    while (missing > 0) {
      const part = await this.#take(missing);
      if (part === undefined) break;
      parts.push(part);
      missing -= part.length;
    }
    if (missing === 0) return parts.length === 1 ? parts[0] : new Uint8Array(Buffer.concat(parts));
    if (missing === sizeBytes) return undefined;
    throw badArchive(this.name, `it ends ${missing} bytes too early`);
  }

  /** That many bytes, piece by piece. @throws NexusError `bad-archive` when it ends before */
  async *stream(sizeBytes: number): AsyncGenerator<Uint8Array> {
    let missing = sizeBytes;
    while (missing > 0) {
      const part = await this.#take(Math.min(missing, pieceSizeBytesMax));
      if (part === undefined) throw badArchive(this.name, `it ends ${missing} bytes too early`);
      missing -= part.length;
      yield part;
    }
  }

  /** Whatever there is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let part = await this.#take(pieceSizeBytesMax); part !== undefined; ) {
      yield part;
      part = await this.#take(pieceSizeBytesMax);
    }
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #take(sizeBytesMax: number): Promise<Uint8Array | undefined> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return undefined;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, sizeBytesMax);
    this.#rest = this.#rest.subarray(part.length);
    return part;
  }
}
