/**
 * One HTTP exchange with a server that is not trusted: bounded in time, from the first byte to the last, and in size,
 * as declared and as received; no redirect is followed here, nothing is decompressed, no cookie kept. What is asked of
 * is a place:
 *
 *     https://ledger.example/log      a log below a path; http:// too, since all that matters is signed
 *     unix:/run/nexus/ledger.sock     the same over a socket of this machine
 */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps, Agent as TlsAgent } from 'node:https';
import { NexusError, quote } from '../../../model';

/** Where a server listens, and the path that everything is below. */
export interface HttpPlace {
  /** Ends in a slash. */
  readonly base: URL;
  /** Path of a Unix socket to connect to, in place of the base's host. */
  readonly socketPath?: string;
}

/** Inverse: {@link parseHttpPlace}. */
export function formatHttpPlace({ base, socketPath }: HttpPlace): string {
  return socketPath === undefined ? base.href : `unix:${socketPath}`;
}

/** Inverse of {@link formatHttpPlace}. @throws NexusError `bad-ledger-url` */
export function parseHttpPlace(text: string): HttpPlace {
  const [, socketPath] = /^unix:(\/[^\0?#]+)$/.exec(text) ?? [];
  if (socketPath !== undefined) return { base: new URL('http://localhost/'), socketPath };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw badUrl(text, 'expected https://HOST/PATH or unix:/PATH');
  if (url.username !== '' || url.password !== '')
    throw badUrl(
      url.host,
      'it names a user or a password, expected neither: records authenticate themselves',
    );
  if (url.search !== '' || url.hash !== '') throw badUrl(text, 'it has a query or a fragment');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { base: url };
}

function badUrl(text: string, reason: string): NexusError {
  return new NexusError('bad-ledger-url', `Cannot use ledger ${quote(text)}: ${reason}`);
}

export interface HttpExchange {
  readonly method: 'GET' | 'POST';
  /** Absolute; of the same origin as the place. */
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the answer's body. */
  readonly sizeBytesMax: number;
  /** For all of the exchange. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

const connectionCountMax = 8;

/** Keeps connections for later exchanges; idle ones do not keep the process alive. */
export class HttpClient {
  readonly #place: HttpPlace;
  readonly #agent: Agent | TlsAgent;

  constructor(place: HttpPlace) {
    this.#place = place;
    const options = { keepAlive: true, maxSockets: connectionCountMax };
    this.#agent = place.base.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
  }

  /** @throws NexusError `log-unreachable` when there is no whole answer, `bad-answer` when it is too large */
  exchange(exchange: HttpExchange): Promise<HttpAnswer> {
    const { method, url, headers, body, timeoutMs, signal } = exchange;
    const limit = AbortSignal.timeout(timeoutMs);
    const { socketPath } = this.#place;
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void =>
        reject(
          signal?.aborted ? signal.reason : limit.aborted ? late(url, timeoutMs) : unreachable(url, cause),
        );
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
        method,
        agent: this.#agent,
        headers: { ...headers, ...(body && { 'content-length': body.length }) },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
        ...(socketPath !== undefined && { socketPath }),
      });
      request.on('error', fail);
      request.on('response', (response) => {
        readAnswer(response, exchange).then(resolve, (error: unknown) => {
          request.destroy();
          if (error instanceof NexusError) reject(error);
          else fail(error);
        });
      });
      request.end(body);
    });
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy();
  }
}

async function readAnswer(
  response: IncomingMessage,
  { url, sizeBytesMax }: HttpExchange,
): Promise<HttpAnswer> {
  const { statusCode = 0, headers } = response;
  const declared = Number(headers['content-length'] ?? 0);
  if (declared > sizeBytesMax) throw tooLarge(url, declared, sizeBytesMax);
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > sizeBytesMax) throw tooLarge(url, sizeBytes, sizeBytesMax);
  }
  return { status: statusCode, headers, body: new Uint8Array(Buffer.concat(parts)) };
}

function tooLarge(url: URL, sizeBytes: number, sizeBytesMax: number): NexusError {
  return new NexusError(
    'bad-answer',
    `Cannot read ${quote(url.href)}: ${sizeBytes} bytes or more, expected at most ${sizeBytesMax}`,
  );
}

const unreachableHint = 'Check the address, and that the server runs.';

function unreachable(url: URL, cause: unknown): NexusError {
  const { message, code } = Object(cause) as Partial<NodeJS.ErrnoException>;
  // An AggregateError, of all addresses of a name, has a code only.
  const reason = message || code || String(cause);
  return new NexusError('log-unreachable', `Cannot reach ${quote(url.href)}: ${reason}`, {
    hint: unreachableHint,
    cause,
  });
}

function late(url: URL, timeoutMs: number): NexusError {
  return new NexusError(
    'log-unreachable',
    `Cannot reach ${quote(url.href)}: no whole answer after ${timeoutMs} ms`,
    {
      hint: unreachableHint,
    },
  );
}
