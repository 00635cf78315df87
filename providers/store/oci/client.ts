/**
 * One repository of an OCI registry (distribution specification 1.1): blobs and manifests by digest, manifests by tag.
 * Each request is tried again when the line breaks or the server is overburdened.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { NexusError, quote } from '../../../model';
import { answerChallenge, type Credentials, parseChallenge } from './auth';
import { type HttpBody, HttpClient, type HttpRequest, type HttpResponse, readBody } from './http';
import type { RegistryReference } from './reference';

export interface RegistryOptions {
  /** @default nobody in particular */
  readonly credentials?: Credentials | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How often a request is tried. @default 4 */
  readonly triesMax?: number | undefined;
}

/** The specification asks of every registry to take so much. */
export const manifestSizeBytesMax = 4 * 1024 * 1024;
const firstPauseMs = 100;

export interface StoredManifest {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export class RegistryClient {
  readonly #http = new HttpClient();
  #authorization: string | undefined;

  constructor(
    readonly reference: RegistryReference,
    private readonly options: RegistryOptions = {},
  ) {}

  async hasBlob(digest: string): Promise<boolean> {
    const { status, body } = await this.#send('HEAD', `blobs/${digest}`, {});
    body.resume();
    if (status === 200 || status === 404) return status === 200;
    throw this.#failed(`look for blob ${digest}`, status);
  }

  /** The bytes as the registry sends them; undefined when it has none. Nobody has checked them. */
  async getBlob(digest: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const { status, body } = await this.#send('GET', `blobs/${digest}`, {});
    if (status === 200) return body;
    body.destroy();
    if (status === 404) return undefined;
    throw this.#failed(`fetch blob ${digest}`, status);
  }

  async putBlob(digest: string, blob: HttpBody): Promise<void> {
    const begun = await this.#send('POST', 'blobs/uploads/', {});
    begun.body.resume();
    const { location } = begun.headers;
    if (begun.status !== 202 || location === undefined) throw this.#failed('begin an upload', begun.status);
    const url = new URL(location, begun.url);
    url.searchParams.set('digest', digest);
    const headers = { 'content-type': 'application/octet-stream' };
    const { status, body } = await this.#sendTo('PUT', url, { headers, body: blob });
    body.resume();
    if (status !== 201) throw this.#failed(`store blob ${digest}`, status);
  }

  /** @param name tag or digest. @returns undefined when there is none */
  async getManifest(name: string): Promise<StoredManifest | undefined> {
    const headers = { accept: manifestTypes.join(', ') };
    const response = await this.#send('GET', `manifests/${name}`, { headers });
    if (response.status === 404) {
      response.body.resume();
      return undefined;
    }
    if (response.status !== 200) throw this.#failed(`fetch manifest ${quote(name)}`, response.status);
    const bytes = await readBody(response, manifestSizeBytesMax);
    const digest = digestOfBytes(bytes);
    if (!name.startsWith('sha256:') || name === digest) return { digest, bytes };
    throw this.#error('wrong-block', `fetch manifest ${quote(name)}`, `its bytes are those of ${digest}`);
  }

  /** @returns whether the registry keeps the list of what refers to what (`OCI-Subject`) */
  async putManifest(name: string, mediaType: string, bytes: Uint8Array): Promise<boolean> {
    const body = { sizeBytes: bytes.length, open: () => [bytes] };
    const headers = { 'content-type': mediaType };
    const response = await this.#send('PUT', `manifests/${name}`, { headers, body });
    response.body.resume();
    if (response.status !== 201) throw this.#failed(`store manifest ${quote(name)}`, response.status);
    return response.headers['oci-subject'] !== undefined;
  }

  close(): void {
    this.#http.close();
  }

  #send(method: HttpRequest['method'], path: string, request: Partial<HttpRequest>): Promise<HttpResponse> {
    const { origin, repository } = this.reference;
    return this.#sendTo(method, new URL(`${origin}/v2/${repository}/${path}`), request);
  }

  async #sendTo(
    method: HttpRequest['method'],
    url: URL,
    request: Partial<HttpRequest>,
  ): Promise<HttpResponse> {
    const { signal, triesMax = 4 } = this.options;
    for (let tries = 1; ; tries += 1) {
      try {
        const response = await this.#authorized(method, url, request);
        if (response.status < 500 && response.status !== 429) return response;
        if (tries >= triesMax) return response;
        response.body.destroy();
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof NexusError || tries >= triesMax) throw this.#broken(error);
      }
      await sleepFor(firstPauseMs * 4 ** tries, undefined, signal === undefined ? {} : { signal });
    }
  }

  /** With what the registry was content with last; once more where it asks for something. */
  async #authorized(
    method: HttpRequest['method'],
    url: URL,
    request: Partial<HttpRequest>,
  ): Promise<HttpResponse> {
    const first = await this.#once(method, url, request);
    if (first.status !== 401) return first;
    first.body.resume();
    const challenge = parseChallenge(first.headers['www-authenticate'] ?? '');
    const { credentials, signal } = this.options;
    const answer = challenge && (await answerChallenge(challenge, credentials, this.#http, signal));
    if (answer === undefined) throw this.#denied(credentials === undefined);
    this.#authorization = answer;
    const second = await this.#once(method, url, request);
    if (second.status !== 401) return second;
    second.body.destroy();
    throw this.#denied(credentials === undefined);
  }

  #once(method: HttpRequest['method'], url: URL, request: Partial<HttpRequest>): Promise<HttpResponse> {
    const isHome = url.origin === this.reference.origin;
    const headers = { ...request.headers };
    if (isHome && this.#authorization !== undefined) headers.authorization = this.#authorization;
    const whole = { ...request, headers, signal: this.options.signal };
    return method === 'GET' ? this.#http.get(url, whole) : this.#http.send(url, { ...whole, method });
  }

  #broken(error: unknown): unknown {
    if (error instanceof NexusError) return error;
    return this.#error(
      'registry-failed',
      'use',
      error instanceof Error ? error.message : String(error),
      error,
    );
  }

  #failed(what: string, status: number): NexusError {
    if (status === 401 || status === 403) return this.#denied(this.options.credentials === undefined);
    return this.#error('registry-failed', what, `it answers ${status}`);
  }

  #denied(isNobody: boolean): NexusError {
    const who = isNobody
      ? 'it asks who one is, and no credentials are known for it'
      : 'it refuses the credentials';
    return this.#error('registry-denied', 'use', who);
  }

  #error(code: string, what: string, reason: string, cause?: unknown): NexusError {
    const { host, repository } = this.reference;
    return new NexusError(code, `Cannot ${what} in registry "${host}/${repository}": ${reason}`, {
      cause,
      hint:
        code === 'registry-denied'
          ? 'Log in with `docker login`, or write ~/.docker/config.json; DOCKER_CONFIG names another folder.'
          : 'Check the address and the network; what was moved before is kept, so run it again.',
    });
  }
}

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
export const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestTypes = [manifestType, indexType];

/** `sha256:` and hex. */
export function digestOfBytes(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
