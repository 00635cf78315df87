/**
 * A witness over HTTP/1.1, keep-alive, https://c2sp.org/tlog-witness:
 *
 *     POST /add-checkpoint                                          see add-checkpoint.ts
 *     GET  /<SHA-256 of the origin, hex>/checkpoint                 the newest that it cosigned, for monitors
 *
 * Anybody may ask: requests are bounded in size and time, connections in number.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { addCheckpointPath, addCheckpointSizeBytesMax } from '../formats/add-checkpoint';
import { closeServer, listen } from '../server/listen';
import type { Witness, WitnessAnswer } from './witness';

const headersTimeoutMs = 5_000;
const idleTimeoutMs = 30_000;
const closeTimeoutMs = 3_000;
const headersSizeBytesMax = 8 * 1024;

export interface ServeWitnessOptions {
  readonly witness: Witness;
  /** `HOST:PORT` or `unix:/PATH`; see ../server/listen.ts. */
  readonly listen: string;
  /** @default 256 */
  readonly connectionCountMax?: number;
  /** For all of a request. @default 10,000 */
  readonly requestTimeoutMs?: number;
}

export interface WitnessServer {
  /** Where it is reached: what stands before `add-checkpoint`. */
  readonly url: string;
  /** Takes no more requests, answers those that are there, and ends. */
  close(): Promise<void>;
}

/** @throws NexusError `bad-listen`, `cannot-listen` */
export async function serveWitness(options: ServeWitnessOptions): Promise<WitnessServer> {
  const { witness, connectionCountMax = 256, requestTimeoutMs = 10_000 } = options;
  const limits = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    maxHeaderSize: headersSizeBytesMax,
  };
  const server = createServer(limits, (request, response) => {
    void answerOf(request, witness)
      .catch(() => plain(500, 'the witness failed'))
      .then((answer) => send(response, answer, request));
  });
  server.maxConnections = connectionCountMax;
  server.setTimeout(idleTimeoutMs);
  return { url: await listen(server, options.listen), close: () => closeServer(server, closeTimeoutMs) };
}

const plain = (status: number, reason: string): WitnessAnswer => ({
  status,
  mediaType: 'text/plain; charset=utf-8',
  body: `${reason}\n`,
});

async function answerOf(request: IncomingMessage, witness: Witness): Promise<WitnessAnswer> {
  const { method, url = '' } = request;
  if (url === `/${addCheckpointPath}`)
    return method === 'POST' ? addCheckpoint(request, witness) : plain(405, 'expected POST');
  const hash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(url)?.[1];
  if (hash === undefined) return plain(404, 'no such path');
  return method === 'GET' || method === 'HEAD' ? witness.checkpoint(hash) : plain(405, 'expected GET');
}

async function addCheckpoint(request: IncomingMessage, witness: Witness): Promise<WitnessAnswer> {
  const body = await readBody(request);
  if (body === undefined) return plain(413, `expected at most ${addCheckpointSizeBytesMax} bytes`);
  return witness.addCheckpoint(body);
}

/** Undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let sizeBytes = Number(request.headers['content-length'] ?? 0);
  if (sizeBytes > addCheckpointSizeBytesMax) return undefined;
  sizeBytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    sizeBytes += part.length;
    if (sizeBytes > addCheckpointSizeBytesMax) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function send(
  response: ServerResponse,
  { status, mediaType, body }: WitnessAnswer,
  request: IncomingMessage,
): void {
  const isUnread = !request.complete;
  response.writeHead(status, {
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...(status === 405 && { allow: 'GET, POST' }),
    ...(status === 429 && { 'retry-after': '1' }),
    // What was not read of a request is not read as the next one.
    ...(isUnread && { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body, () => {
    if (isUnread) request.destroy();
  });
}
