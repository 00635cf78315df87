/**
 * Decompression, told from the first bytes: gzip (RFC 1952), xz, zstd (RFC 8878), or none. What comes out is bounded in
 * size, and in proportion to what went in: a bomb is refused while it goes off.
 *
 *     1f 8b            gzip, by zlib
 *     fd 37 7a 58 5a   xz, by xz-decompress (XZ Embedded as WebAssembly), and what is large by xz(1) where there is one
 *     28 b5 2f fd      zstd, by zlib where Node has it (22.15), else by fzstd
 */
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import * as zlib from 'node:zlib';
import { Decompress as ZstdDecompress } from 'fzstd';
import { XzReadableStream } from 'xz-decompress';
import { NexusError, quote } from '../../../model';
import type { Bytes } from './bytes';
import { badArchive } from './failure';
import { hasXz, smallSizeBytes, unxzByProgram } from './xz-program';

export interface DecompressLimits {
  /** Of what comes out. */
  readonly sizeBytesMax: number;
  /** What comes out may always be as much as this, in whatever proportion. */
  readonly freeSizeBytes: number;
  /** Bytes that come out for one that goes in; Linux kernels and their modules reach 10. */
  readonly ratioMax: number;
}

export const decompressLimits: DecompressLimits = {
  sizeBytesMax: 16 * 1024 ** 3,
  freeSizeBytes: 64 * 1024 ** 2,
  ratioMax: 200,
};

/**
 * The uncompressed bytes. @param format of what has no first bytes of its own: raw deflate (RFC 1951)
 * @throws NexusError `bad-archive`, `decompression-bomb`
 */
export async function* decompress(
  source: Bytes,
  name: string,
  limits: DecompressLimits = decompressLimits,
  format?: 'deflate',
): AsyncGenerator<Uint8Array> {
  const counted = new Counter(source);
  const [head, whole] = await peek(counted.bytes(), 6);
  let sizeBytes = 0;
  try {
    const decoded =
      format === 'deflate' ? throughZlib(whole, zlib.createInflateRaw()) : decoderFor(head, whole);
    for await (const piece of decoded) {
      sizeBytes += piece.length;
      checkBomb(sizeBytes, counted.sizeBytes, name, limits);
      yield piece;
    }
  } catch (error) {
    if (error instanceof NexusError || counted.error === error) throw error;
    throw badArchive(
      name,
      `it cannot be decompressed (${error instanceof Error ? error.message : error})`,
      error,
    );
  }
}

function checkBomb(
  outSizeBytes: number,
  inSizeBytes: number,
  name: string,
  { sizeBytesMax, freeSizeBytes, ratioMax }: DecompressLimits,
): void {
  const isTooLarge = outSizeBytes > sizeBytesMax;
  if (!isTooLarge && outSizeBytes <= Math.max(freeSizeBytes, inSizeBytes * ratioMax)) return;
  const limit = isTooLarge ? `${sizeBytesMax} bytes` : `${ratioMax} times its ${inSizeBytes} bytes`;
  throw new NexusError('decompression-bomb', `Cannot unpack ${quote(name)}: over ${limit} come out of it`, {
    hint: 'It is broken or hostile: use another version, or another mirror.',
  });
}

/** Counts what a source gives, and remembers why it failed. */
class Counter {
  sizeBytes = 0;
  error: unknown;

  constructor(private readonly source: Bytes) {}

  async *bytes(): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.source) {
        this.sizeBytes += piece.length;
        yield piece;
      }
    } catch (error) {
      this.error = error;
      throw error;
    }
  }
}

/** The first bytes, as hex, and the stream with them again. */
async function peek(source: AsyncIterator<Uint8Array>, sizeBytes: number): Promise<[string, Bytes]> {
  let head = Buffer.alloc(0);
  while (head.length < sizeBytes) {
    const { value, done } = await source.next();
    if (done === true) break;
    head = Buffer.concat([head, value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    for (let step = await source.next(); step.done !== true; step = await source.next()) yield step.value;
  }
  return [head.subarray(0, sizeBytes).toString('hex'), whole()];
}

function decoderFor(head: string, source: Bytes): Bytes {
  if (head.startsWith('1f8b')) return throughZlib(source, zlib.createGunzip());
  if (head === 'fd377a585a00') return unxz(source);
  if (head.startsWith('28b52ffd')) return unzstd(source);
  return source;
}

function throughZlib(source: Bytes, transform: NodeJS.ReadWriteStream): Bytes {
  const input = Readable.from(source, { objectMode: false });
  input.on('error', (error) => (transform as unknown as Readable).destroy(error));
  return input.pipe(transform) as unknown as Bytes;
}

async function* unxz(source: Bytes): AsyncGenerator<Uint8Array> {
  const [head, whole] = await peek(source[Symbol.asyncIterator](), smallSizeBytes);
  yield* head.length < 2 * smallSizeBytes || !hasXz() ? unxzHere(whole) : unxzByProgram(whole);
}

async function* unxzHere(source: Bytes): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  const input = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  const reader = new XzReadableStream(input as ConstructorParameters<typeof XzReadableStream>[0]).getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
}

type MakeTransform = () => NodeJS.ReadWriteStream;

async function* unzstd(source: Bytes): AsyncGenerator<Uint8Array> {
  const make = (zlib as { readonly createZstdDecompress?: MakeTransform }).createZstdDecompress;
  if (make !== undefined) yield* throughZlib(source, make());
  else yield* unzstdInJavaScript(source);
}

/** fzstd pushes what it has decoded during each push of ours. */
async function* unzstdInJavaScript(source: Bytes): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let isEnded = false;
  const decoder = new ZstdDecompress((piece, isLast) => {
    if (piece.length > 0) ready.push(piece.slice());
    isEnded ||= isLast === true;
  });
  for await (const piece of source) {
    decoder.push(piece);
    yield* ready;
    ready = [];
  }
  decoder.push(new Uint8Array(), true);
  yield* ready;
  if (!isEnded) throw new Error('unexpected end of data');
}
