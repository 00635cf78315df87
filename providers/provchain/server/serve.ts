/**
 * A log over HTTP: its files as static ones that any cache may keep (static-file.ts), and `POST /append` for those who
 * may (appender.ts). Everything is bounded: connections, the size of heads and bodies, the time for each. Plain HTTP:
 * nothing secret is said, and all that matters is signed; a proxy in front adds TLS where the records are not public.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NexusError, quote, sha256 } from '../../../model';
import { appendPath, formatAppendAnswer, formatRefusal } from '../formats/append-request';
import type { ReadFile } from '../tree/verified-tree';
import type { Appender } from './appender';
import { closeServer, listen } from './listen';
import { answerOf } from './refusal';
import { type StaticFile, staticFileOf } from './static-file';

export interface ServeOptions {
  /** Reads a file of the log. */
  readonly read: ReadFile;
  /** Takes records. @default none: the log is only read */
  readonly appender?: Appender | undefined;
  /** See listen.ts. */
  readonly listen: string;
  /** Told of errors that a client sees as 500. */
  readonly onError: (error: unknown) => void;
  /** @default 512 */
  readonly connectionCountMax?: number;
  /** For the head of a request, and for all of it. @default 10,000 and 30,000 */
  readonly timeoutMs?: { readonly head: number; readonly request: number };
}

export interface LedgerServer {
  /** Where it is reached. */
  readonly url: string;
  /** Takes no more requests, answers those that are there, and ends. */
  close(): Promise<void>;
}

const closeTimeoutMs = 20_000;
const idleTimeoutMs = 60_000;
const methods = 'GET, HEAD, POST';

/** @throws NexusError `bad-listen`, `cannot-listen` */
export async function serve(options: ServeOptions): Promise<LedgerServer> {
  const { connectionCountMax = 512, timeoutMs = { head: 10_000, request: 30_000 } } = options;
  const server = createServer(
    {
      maxHeaderSize: 8192,
      headersTimeout: timeoutMs.head,
      requestTimeout: timeoutMs.request,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => void answer(request, response, options),
  );
  server.maxConnections = connectionCountMax;
  server.setTimeout(idleTimeoutMs);
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  const url = await listen(server, options.listen);
  return { url, close: () => closeServer(server, closeTimeoutMs) };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeOptions,
): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff');
  try {
    if (request.method === 'POST') await answerAppend(request, response, options);
    else await answerFile(request, response, options);
  } catch (error) {
    if (answerOf(error).status === 500) options.onError(error);
    refuse(request, response, error);
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, refusal, retryAfterSeconds } = answerOf(error);
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  if (status === 405) response.setHeader('allow', methods);
  // The rest of a body that nobody reads is not to be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.setHeader('cache-control', 'no-store');
  send(request, response, status, 'application/json', Buffer.from(formatRefusal(refusal)));
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  bytes: Uint8Array,
): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  { read }: ServeOptions,
): Promise<void> {
  const { method, url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD')
    throw refusal('wrong-method', request, `expected one of ${methods}`);
  const file = staticFileOf(url);
  const bytes = file && (await read(file.path, file.sizeBytesMax));
  if (file === undefined || bytes === undefined)
    throw refusal('not-found', request, 'the log has no such file');
  const tag = entityTag(bytes);
  response.setHeader('cache-control', file.cacheControl);
  response.setHeader('etag', tag);
  if (isKnown(request.headers['if-none-match'], tag)) response.writeHead(304).end();
  else sendFile(request, response, file, bytes);
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile,
  bytes: Uint8Array,
): void {
  send(request, response, 200, file.contentType, bytes);
}

const entityTag = (bytes: Uint8Array): string =>
  `"${Buffer.from(sha256(bytes)).toString('hex').slice(0, 32)}"`;

/** RFC 9110 section 13.1.2. */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((each) => each.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(tag);
}

async function answerAppend(
  request: IncomingMessage,
  response: ServerResponse,
  { appender }: ServeOptions,
): Promise<void> {
  const { url, headers } = request;
  if (url !== appendPath) throw refusal('wrong-method', request, `expected "${appendPath}"`);
  if (appender === undefined) throw refusal('read-only', request, 'this server takes no records');
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw refusal('wrong-type', request, 'expected content of type "application/json"');
  const length = headers['content-length'];
  if (length === undefined) throw refusal('no-length', request, 'expected the header "content-length"');
  await appender.withRoom(Number(length), async () => {
    const receipts = await appender.append(await readBody(request));
    response.setHeader('cache-control', 'no-store');
    send(request, response, 200, 'application/json', Buffer.from(formatAppendAnswer(receipts)));
  });
}

/** As long as its head said; Node sees to that, and to the time it takes. */
async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of request as AsyncIterable<Uint8Array>) parts.push(part);
  } catch {
    throw refusal('bad-request', request, 'its body broke off');
  }
  return Buffer.concat(parts);
}

function refusal(code: string, { method = '', url = '' }: IncomingMessage, reason: string): NexusError {
  return new NexusError(code, `Cannot answer ${quote(`${method} ${url}`)}: ${reason}`);
}
