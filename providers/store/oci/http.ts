/** HTTP as a registry client needs it: bodies as streams of known length, redirects, and an end to silence. */
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteSource } from '../block-store';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: HttpBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpBody {
  readonly sizeBytes: number;
  /** Opened anew for each try. */
  open(): ByteSource;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** To be read or destroyed. */
  readonly body: http.IncomingMessage;
  /** Where it was found at last. */
  readonly url: URL;
}

const silenceMsMax = 30_000;
const redirectsMax = 3;

/** Connections to servers, kept for the next request. */
export class HttpClient {
  readonly #plain = new http.Agent({ keepAlive: true });
  readonly #safe = new https.Agent({ keepAlive: true });

  /** @throws a system error, or the reason of the signal */
  send(url: URL, { method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    const isPlain = url.protocol === 'http:';
    return new Promise((resolve, reject) => {
      const request = (isPlain ? http : https).request(url, {
        method,
        agent: isPlain ? this.#plain : this.#safe,
        headers:
          method === 'GET' || method === 'HEAD'
            ? headers
            : { ...headers, 'content-length': body?.sizeBytes ?? 0 },
        ...(signal === undefined ? {} : { signal }),
      });
      request.setTimeout(silenceMsMax, () => request.destroy(new Error('the server is silent')));
      request.on('error', reject);
      request.on('response', (answer) => {
        answer.on('error', reject);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer, url });
      });
      if (body === undefined) request.end();
      else pipeline(Readable.from(body.open()), request).catch(reject);
    });
  }

  /** Follows redirects: to https, or to the server that it came from, and with credentials only there. */
  async get(url: URL, request: Omit<HttpRequest, 'method' | 'body'>): Promise<HttpResponse> {
    let [at, headers] = [url, request.headers ?? {}];
    for (let count = 0; ; count += 1) {
      const response = await this.send(at, { ...request, headers, method: 'GET' });
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
      response.body.destroy();
      const next = new URL(location, at);
      const isSame = next.origin === url.origin;
      if (count === redirectsMax || (next.protocol !== 'https:' && !isSame))
        throw new Error('it redirects too often, or to plain HTTP elsewhere');
      if (!isSame) headers = withoutCredentials(headers);
      at = next;
    }
  }

  close(): void {
    this.#plain.destroy();
    this.#safe.destroy();
  }
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}

/** The whole body, if it is no longer than that. */
export async function readBody({ body }: HttpResponse, sizeBytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    sizeBytes += part.length;
    if (sizeBytes > sizeBytesMax) throw new Error(`its answer has over ${sizeBytesMax} bytes`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
