/**
 * A tiled log over HTTP: its files as `nexus ledger serve`, or any web server over the ledger's folder, or anybody
 * else's log of https://c2sp.org/tlog-tiles gives them out. Nothing that comes from there is believed: what reads the
 * log checks all of it against the checkpoint (verified-tree.ts).
 *
 *   - 404 and 410 are a file that is not there.
 *   - A GET is repeated when the network fails and after 429, 500, 502, 503 and 504, as `Retry-After` says, with pauses
 *     that grow and differ by chance.
 *   - A redirect is followed within the origin, three at most.
 *   - All but the checkpoint never changes, and is kept in memory, up to a bound; who was used last goes last.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NexusError, quote } from '../../../model';
import { type HttpAnswer, HttpClient, type HttpPlace, parseHttpPlace } from './http-client';
import { checkpointFile } from './layout';

export interface HttpSourceOptions {
  /** `https://…`, `http://…` or `unix:/…`. */
  readonly url: string;
  /** Gives up with its reason. @default never */
  readonly signal?: AbortSignal | undefined;
  /** For one request, answer included. @default 30,000 */
  readonly timeoutMs?: number;
  /** How often a file is asked for. @default 5 */
  readonly attemptsMax?: number;
  /** Of the files that are kept in memory. @default 32 MiB */
  readonly cacheSizeBytesMax?: number;
  /** @default the system's */
  readonly sleep?: (timeMs: number) => Promise<void>;
  /** From 0 up to 1. @default the system's */
  readonly chance?: () => number;
}

const redirectsMax = 3;
const retryAfterMsMax = 10_000;
const pauseMsMin = 100;
const isPassing = (status: number): boolean => [429, 500, 502, 503, 504].includes(status);
const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);
const isAbsent = (status: number): boolean => status === 404 || status === 410;

export class HttpSource {
  readonly place: HttpPlace;
  readonly client: HttpClient;
  readonly #options: HttpSourceOptions;
  readonly #cache: ByteCache;

  /** @throws NexusError `bad-ledger-url` */
  constructor(options: HttpSourceOptions) {
    this.place = parseHttpPlace(options.url);
    this.client = new HttpClient(this.place);
    this.#options = options;
    this.#cache = new ByteCache(options.cacheSizeBytesMax ?? 32 * 1024 * 1024);
  }

  /**
   * A file of the log, undefined when there is none.
   * @throws NexusError `log-unreachable`, `log-refused`, `bad-answer`
   */
  readonly read = async (path: string, sizeBytesMax: number): Promise<Uint8Array | undefined> => {
    const kept = this.#cache.get(path);
    if (kept !== undefined) return kept;
    const bytes = await this.#fetch(new URL(path, this.place.base), sizeBytesMax);
    if (bytes !== undefined && path !== checkpointFile) this.#cache.set(path, bytes);
    return bytes;
  };

  async #fetch(url: URL, sizeBytesMax: number): Promise<Uint8Array | undefined> {
    const { attemptsMax = 5 } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#follow(url, sizeBytesMax).catch(passing);
      const isLast = attempt >= attemptsMax;
      if (outcome instanceof NexusError) {
        if (isLast) throw outcome;
      } else if (outcome.status === 200) return outcome.body;
      else if (isAbsent(outcome.status)) return undefined;
      else if (isLast || !isPassing(outcome.status)) throw refused(url, outcome);
      await this.#pause(attempt, outcome instanceof NexusError ? 0 : retryAfterMs(outcome));
    }
  }

  async #follow(url: URL, sizeBytesMax: number): Promise<HttpAnswer> {
    const { timeoutMs = 30_000, signal } = this.#options;
    let at = url;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.client.exchange({ method: 'GET', url: at, sizeBytesMax, timeoutMs, signal });
      const { location = '' } = answer.headers;
      if (!isRedirect(answer.status)) return answer;
      const to = URL.canParse(location, at.href) ? new URL(location, at) : undefined;
      if (to === undefined || to.origin !== at.origin || redirects === redirectsMax)
        throw misled(url, location, redirects);
      at = to;
    }
  }

  async #pause(attempt: number, atLeastMs: number): Promise<void> {
    const { sleep, chance = Math.random, signal } = this.#options;
    const timeMs = Math.max(atLeastMs, pauseMsMin * 2 ** (attempt - 1) * (0.5 + chance()));
    await (sleep?.(timeMs) ?? sleepFor(timeMs, undefined, { signal }).catch(() => undefined));
    signal?.throwIfAborted();
  }
}

/** An error after which another attempt may go well. */
function passing(error: unknown): NexusError {
  if (error instanceof NexusError && error.code === 'log-unreachable') return error;
  throw error;
}

/** What the server asks to wait, within reason; only the form in seconds. */
export function retryAfterMs({ headers }: Pick<HttpAnswer, 'headers'>): number {
  const text = headers['retry-after'] ?? '';
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text) * 1000, retryAfterMsMax) : 0;
}

function refused(url: URL, { status }: HttpAnswer): NexusError {
  return new NexusError(
    'log-refused',
    `Cannot read ${quote(url.href)}: status ${status}, expected 200 or 404`,
  );
}

function misled(url: URL, location: string, redirects: number): NexusError {
  const reason = redirects === redirectsMax ? `after ${redirects} others` : 'leads elsewhere';
  return new NexusError(
    'log-refused',
    `Cannot read ${quote(url.href)}: its redirect to ${quote(location)} ${reason}, expected one within its origin`,
  );
}

/** Byte strings by name, as many as fit into a size; the one that was used longest ago gives way. */
class ByteCache {
  readonly #items = new Map<string, Uint8Array>();
  #sizeBytes = 0;

  constructor(readonly sizeBytesMax: number) {}

  get(name: string): Uint8Array | undefined {
    const bytes = this.#items.get(name);
    if (bytes === undefined) return undefined;
    this.#items.delete(name);
    this.#items.set(name, bytes);
    return bytes;
  }

  set(name: string, bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length - (this.#items.get(name)?.length ?? 0);
    this.#items.delete(name);
    this.#items.set(name, bytes);
    for (const [oldest, { length }] of this.#items) {
      if (this.#sizeBytes <= this.sizeBytesMax) return;
      this.#items.delete(oldest);
      this.#sizeBytes -= length;
    }
  }
}
