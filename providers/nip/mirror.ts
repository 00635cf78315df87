/**
 * Bytes from a mirror. What has a digest is looked for in the store first, under the CID that follows from it: so the
 * store is the download cache, and what vanished from a mirror can still be had. What comes in is bounded in size and
 * time and goes into the store only when it has its digest; a line that drops is tried again, from where it broke off.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type Cid, cidFromDigest, digestOfCid, NexusError, quote } from '../../model';
import type { BlockStore } from '../store';
import type { NipOptions } from './adapter';

/** A file of a mirror whose digest is known. */
export interface PinnedFile {
  /** Below the mirror, with "/". */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A file that no digest is known of, or one that is not SHA-256. */
export interface UnpinnedFile {
  /** Below the mirror, with "/". */
  readonly path: string;
  readonly sizeBytesMax: number;
  /** What is known: a digest in hex. @default nothing but what the adapter checks afterwards */
  readonly digest?: { readonly algorithm: 'sha256' | 'sha512'; readonly hex: string };
}

export interface MirrorOptions {
  /** No piece for so long is a dead line. @default 30 seconds */
  readonly silenceMsMax?: number;
  /** Before the second try; each time twice as long. @default half a second */
  readonly pauseMs?: number;
  /** Of each request. @default none */
  readonly headers?: Readonly<Record<string, string>>;
}

const triesMax = 4;

/** One mirror and the store that caches it. */
export class Mirror {
  /** @param base URL or folder, without a slash at its end */
  constructor(
    readonly base: string,
    private readonly store: BlockStore,
    private readonly options: MirrorOptions = {},
  ) {}

  /** The file as a block of the store. @throws NexusError `mirror-failed`, `wrong-digest` */
  async fetch(file: PinnedFile, options: NipOptions = {}): Promise<Cid> {
    const cid = cidOfSha256(file.sha256);
    if (await this.store.has(cid)) return cid;
    const stored = await this.store.putStream(this.#checked(file, options));
    if (stored.cid === cid) return cid;
    throw wrongDigest(this.#urlOf(file.path), `SHA-256 of ${cid}`, stored.cid);
  }

  /**
   * Fetches a file to find out its SHA-256, each time anew: what the mirror has under a name may change.
   * @throws NexusError `mirror-failed`, `wrong-digest`
   */
  async pin(file: UnpinnedFile, options: NipOptions = {}): Promise<PinnedFile & { readonly cid: Cid }> {
    const { cid, sizeBytes } = await this.store.putStream(this.#bounded(file, options));
    return { path: file.path, cid, sizeBytes, sha256: Buffer.from(digestOfCid(cid)).toString('hex') };
  }

  async *#bounded(
    { path, sizeBytesMax, digest }: UnpinnedFile,
    options: NipOptions,
  ): AsyncGenerator<Uint8Array> {
    const hash = createHash(digest?.algorithm ?? 'sha256');
    let done = 0;
    for await (const part of this.#tryAgain(path, options.signal)) {
      done += part.length;
      if (done > sizeBytesMax) throw this.#failed(path, `over ${sizeBytesMax} bytes`);
      hash.update(part);
      options.onProgress?.({ phase: 'fetch', detail: path, done, total: done, unit: 'bytes' });
      yield part;
    }
    const current = hash.digest('hex');
    if (digest !== undefined && digest.hex !== current)
      throw wrongDigest(this.#urlOf(path), `${digest.algorithm} ${digest.hex}`, current);
  }

  /** A small file that has no digest yet, such as an index's signature, whole. @throws NexusError `mirror-failed` */
  async read(path: string, sizeBytesMax: number, { signal }: NipOptions = {}): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const part of this.#tryAgain(path, signal)) {
      sizeBytes += part.length;
      if (sizeBytes > sizeBytesMax) throw this.#failed(path, `over ${sizeBytesMax} bytes`);
      parts.push(part);
    }
    return new Uint8Array(Buffer.concat(parts));
  }

  /** The bytes, ended as soon as they cannot be the right ones. */
  async *#checked(file: PinnedFile, { signal, onProgress }: NipOptions): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let done = 0;
    for await (const part of this.#tryAgain(file.path, signal)) {
      done += part.length;
      if (done > file.sizeBytes) break;
      hash.update(part);
      onProgress?.({ phase: 'fetch', detail: file.path, done, total: file.sizeBytes, unit: 'bytes' });
      yield part;
    }
    if (done !== file.sizeBytes)
      throw wrongDigest(
        this.#urlOf(file.path),
        `${file.sizeBytes} bytes`,
        `${done < file.sizeBytes ? done : 'more'} bytes`,
      );
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256) throw wrongDigest(this.#urlOf(file.path), `SHA-256 ${file.sha256}`, sha256);
  }

  async *#tryAgain(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    let done = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        for await (const part of this.#bytes(path, done, signal)) {
          done += part.length;
          yield part;
        }
        return;
      } catch (error) {
        if (signal?.aborted === true) throw aborted(path, signal);
        if (error instanceof NexusError || tries === triesMax) throw this.#explain(path, error);
        await sleepFor(
          (this.options.pauseMs ?? 500) * 2 ** (tries - 1),
          undefined,
          signal === undefined ? {} : { signal },
        );
      }
    }
  }

  async *#bytes(path: string, from: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    if (/^https?:\/\//.test(this.base)) yield* this.#download(path, from, signal);
    else yield* this.#readFile(path, from);
  }

  async *#readFile(path: string, from: number): AsyncGenerator<Uint8Array> {
    const file = await open(join(this.base, path)).catch((error: unknown) => {
      throw this.#failed(path, 'no such file', error);
    });
    yield* file.createReadStream({ start: from }) as AsyncIterable<Uint8Array>;
  }

  async *#download(path: string, from: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const silence = new Silence(signal, this.options.silenceMsMax ?? 30_000);
    try {
      const headers = { ...this.options.headers, ...(from === 0 ? {} : { range: `bytes=${from}-` }) };
      const response = await fetch(this.#urlOf(path), { headers, signal: silence.signal });
      if (!response.ok && response.status < 500)
        throw this.#failed(path, `the mirror answers ${response.status}`);
      if (!response.ok || response.body === null) throw new Error(`the mirror answers ${response.status}`);
      // A mirror that does not know ranges begins anew.
      let skip = response.status === 206 ? 0 : from;
      for await (const part of response.body as AsyncIterable<Uint8Array>) {
        silence.broken();
        const fresh = part.subarray(Math.min(skip, part.length));
        skip -= part.length - fresh.length;
        if (fresh.length > 0) yield fresh;
      }
    } finally {
      silence.end();
    }
  }

  #urlOf(path: string): string {
    return /^https?:\/\//.test(this.base)
      ? `${this.base}/${path.split('/').map(encodeURIComponent).join('/')}`
      : pathToFileURL(join(this.base, path)).href;
  }

  #explain(path: string, error: unknown): unknown {
    if (error instanceof NexusError) return error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return this.#failed(path, cause instanceof Error ? cause.message : String(cause), error);
  }

  #failed(path: string, reason: string, cause?: unknown): NexusError {
    return new NexusError('mirror-failed', `Cannot fetch ${quote(this.#urlOf(path))}: ${reason}`, {
      cause,
      hint: 'Check the mirror, the suite and the network; what was fetched before is kept.',
    });
  }
}

/** Ends a request on which nothing came for a while, or that nobody wants any more. */
class Silence {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason);

  constructor(outer: AbortSignal | undefined, msMax: number) {
    this.#timer = setTimeout(() => this.#controller.abort(new Error('the mirror is silent')), msMax);
    this.#outer = outer;
    if (outer?.aborted === true) this.#abort();
    outer?.addEventListener('abort', this.#abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  broken(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#abort);
  }
}

/** The store's name for bytes of which only the SHA-256 is known. */
export function cidOfSha256(hex: string): Cid {
  return cidFromDigest('raw', new Uint8Array(Buffer.from(hex, 'hex')));
}

function wrongDigest(url: string, expected: string, current: string): NexusError {
  return new NexusError('wrong-digest', `Cannot fetch ${quote(url)}: ${current}, expected ${expected}`, {
    hint: 'The mirror is broken, changing just now, or hostile: try again later, or name another.',
  });
}

function aborted(path: string, signal: AbortSignal): NexusError {
  return new NexusError('aborted', `Cannot fetch ${quote(path)}: it was told to stop`, {
    cause: signal.reason,
  });
}
