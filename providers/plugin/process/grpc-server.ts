/**
 * A gRPC server, as much of one as a plugin needs: a request of one message, an answer of one or of a stream, no
 * compression. gRPC is HTTP/2 with a frame around each message and the outcome in trailers:
 *
 *     :path /SERVICE/METHOD, content-type application/grpc, grpc-timeout 5S
 *     00 (not compressed)  length, 4 bytes  message
 *     grpc-status 0, grpc-message percent-encoded
 *
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 *
 * On Node's own HTTP/2: a plan makes several small calls for each resource and starts the provider three times, and a
 * general library is half of what each start loads (docs/decisions/0013-own-grpc-server.md).
 */
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const code = {
  ok: 0,
  deadlineExceeded: 4,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
} as const;

const frameHeadSizeBytes = 5;
/** As Go servers have it: a large map in a state can pass the 4 MiB that are usual elsewhere. */
const messageSizeBytesMax = 256 * 1024 * 1024;
/** Of one stream and of a connection: a message of this size needs no round trip. */
const windowSizeBytes = 1024 * 1024;

/** What a handler has of its call besides the request. */
export interface GrpcCall {
  /** Runs the listener once if the client gives the call up, its deadline passes or its connection breaks. */
  onCancelled(listener: () => void): void;
  /** Sends one message; waits while the client reads slowly. After the call's end it does nothing. */
  send(message: object): Promise<void>;
  /** Sends the only message and ends the call with it: one write where two would be. */
  answer(message: object): void;
}

export interface GrpcMethod {
  readonly parse: (bytes: Buffer) => Message;
  readonly format: (message: object) => Buffer;
  /** The call ends when it returns. */
  readonly handle: (request: Message, call: GrpcCall) => Promise<void>;
}

export type Message = Readonly<Record<string, unknown>>;

export interface GrpcTls {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** The only client that may connect. */
  readonly clientCertificatePem: string;
}

export interface GrpcServer {
  readonly http: Http2Server | Http2SecureServer;
  /** Ends all connections at once. */
  close(): void;
}

/** @param methods by path, `/SERVICE/METHOD`; any other is answered UNIMPLEMENTED */
export function createGrpcServer(
  methods: ReadonlyMap<string, GrpcMethod>,
  tls: GrpcTls | undefined,
): GrpcServer {
  const options = {
    settings: { initialWindowSize: windowSizeBytes },
    // Of what waits to be sent, at which Node would refuse calls; ours is bounded by the message.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  };
  const http = tls === undefined ? createServer(options) : createSecureServer({ ...options, ...tlsOf(tls) });
  const sessions = new Set<ServerHttp2Session>();
  http.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(windowSizeBytes);
    session.on('close', () => sessions.delete(session));
  });
  http.on('stream', (stream, headers) => new Call(stream, headers).serve(methods));
  const close = (): void => {
    http.close();
    for (const session of sessions) session.destroy();
  };
  return { http, close };
}

function tlsOf({ certificatePem, privateKeyPem, clientCertificatePem }: GrpcTls) {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    ca: clientCertificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  };
}

/** A call that ends with another status than OK. */
class StatusError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

class Call implements GrpcCall {
  private method: GrpcMethod | undefined;
  private isEnded = false;
  private readonly listeners = new Set<() => void>();
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly headers: IncomingHttpHeaders,
  ) {}

  serve(methods: ReadonlyMap<string, GrpcMethod>): void {
    const { stream, headers } = this;
    // A broken connection shows as the stream's end.
    stream.on('error', () => {});
    stream.on('close', () => this.cancel());
    if (headers['content-type']?.startsWith('application/grpc') !== true) {
      this.isEnded = true;
      stream.respond({ ':status': 415 }, { endStream: true });
      return;
    }
    this.method = methods.get(headers[':path'] ?? '');
    if (this.method === undefined) this.end(code.unimplemented, `no method ${headers[':path']}`);
    else this.receive(this.method);
  }

  private receive(method: GrpcMethod): void {
    this.startDeadline();
    const body = new Body();
    this.stream.on('data', (chunk: Buffer) => {
      if (!this.isEnded) this.attempt(() => body.add(chunk));
    });
    this.stream.on('end', () => {
      if (!this.isEnded) this.attempt(() => method.handle(method.parse(body.message()), this));
    });
  }

  /** Work that ends the call if it fails, and does so as well when it is a promise that is fulfilled. */
  private attempt(work: () => Promise<void> | void): void {
    const failed = (error: unknown): void =>
      error instanceof StatusError
        ? this.end(error.status, error.message)
        : this.end(code.internal, error instanceof Error ? error.message : String(error));
    try {
      work()?.then(() => this.end(code.ok, ''), failed);
    } catch (error) {
      failed(error);
    }
  }

  private startDeadline(): void {
    const timeoutMs = parseTimeout(this.headers['grpc-timeout']);
    if (timeoutMs === undefined) return;
    this.deadline = setTimeout(() => {
      this.end(code.deadlineExceeded, 'the deadline of the call is over');
      for (const listener of this.listeners) listener();
    }, timeoutMs);
  }

  onCancelled(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** The stream is closed, by us after the answer or by the client before it. */
  private cancel(): void {
    clearTimeout(this.deadline);
    if (this.isEnded) return;
    this.isEnded = true;
    for (const listener of this.listeners) listener();
  }

  async send(message: object): Promise<void> {
    if (this.isEnded || this.stream.destroyed || this.method === undefined) return;
    const frame = formatFrame(this.method.format(message));
    this.respond();
    if (!this.stream.write(frame)) await drained(this.stream);
  }

  answer(message: object): void {
    if (this.isEnded || this.method === undefined) return;
    this.end(code.ok, '', formatFrame(this.method.format(message)));
  }

  private respond(): void {
    if (this.stream.headersSent) return;
    this.stream.respond(
      { ':status': 200, 'content-type': 'application/grpc+proto' },
      { waitForTrailers: true },
    );
  }

  private end(status: number, message: string, lastFrame?: Buffer): void {
    if (this.isEnded) return;
    this.isEnded = true;
    clearTimeout(this.deadline);
    if (this.stream.destroyed) return;
    this.respond();
    this.stream.once('wantTrailers', () => this.stream.sendTrailers(formatStatus(status, message)));
    this.stream.end(lastFrame);
    // What is still to come of a request that was refused is not read.
    if (status !== code.ok) this.stream.resume();
  }
}

/** Through a buffer, because half a surrogate pair has no percent-encoding. */
function formatStatus(status: number, message: string): OutgoingHttpHeaders {
  const encoded = encodeURIComponent(Buffer.from(message).toString());
  return { 'grpc-status': status, ...(message === '' ? {} : { 'grpc-message': encoded }) };
}

/** The one frame of a request, gathered. */
class Body {
  private readonly chunks: Buffer[] = [];
  private receivedBytes = 0;
  private announcedBytes: number | undefined;

  /** Refuses a message too large by what its head says, before it is there. */
  add(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
    if (this.receivedBytes < frameHeadSizeBytes) return;
    this.announcedBytes ??= this.frame().readUInt32BE(1);
    const sizeBytes = Math.max(this.announcedBytes, this.receivedBytes - frameHeadSizeBytes);
    if (sizeBytes <= messageSizeBytesMax) return;
    throw new StatusError(
      code.resourceExhausted,
      `a message of ${sizeBytes} bytes, expected at most ${messageSizeBytesMax}`,
    );
  }

  message(): Buffer {
    const frame = this.frame();
    if (this.announcedBytes === undefined) throw new StatusError(code.internal, 'no message');
    if (frame[0] !== 0) throw new StatusError(code.unimplemented, 'a compressed message');
    if (frame.length === frameHeadSizeBytes + this.announcedBytes) return frame.subarray(frameHeadSizeBytes);
    throw new StatusError(
      code.internal,
      `${frame.length - frameHeadSizeBytes} bytes, expected one message of ${this.announcedBytes}`,
    );
  }

  private frame(): Buffer {
    const [first = Buffer.alloc(0), ...rest] = this.chunks;
    return rest.length === 0 ? first : Buffer.concat(this.chunks);
  }
}

function formatFrame(message: Buffer): Buffer {
  if (message.length > messageSizeBytesMax)
    throw new StatusError(code.resourceExhausted, `an answer of ${message.length} bytes`);
  const frame = Buffer.allocUnsafe(frameHeadSizeBytes + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, frameHeadSizeBytes);
  return frame;
}

/** `5S`: up to eight digits and a unit. Undefined for none, and for what is none. */
function parseTimeout(text: unknown): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(text ?? '')) ?? [];
  const unitMs: Readonly<Record<string, number>> = { H: 3.6e6, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
  if (digits === undefined) return undefined;
  // The longest that a timer takes is 24 days.
  return Math.min(Number(digits) * (unitMs[unit] ?? 0), 2 ** 31 - 1);
}

/** A client that reads slowly slows the handler down, instead of filling our memory. */
function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
