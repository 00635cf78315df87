/** The gRPC server: the provider's calls, health, and what go-plugin asks of every plugin. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { Diagnostics } from '../diagnostics';
import { type Served, type Streamed, served, streamed } from '../rpc';
import type { PluginServer } from '../server';
import { controllerService, healthService, providerService, stdioService } from '../wire/service';
import type { ServerCertificate } from './certificate';
import type { Address } from './handshake';

/** As Go servers have it; grpc-js takes 4 MiB by default, which a large map in a state can pass. */
const messageSizeBytesMax = 256 * 1024 * 1024;

export interface Tls {
  readonly own: ServerCertificate;
  /** PEM of the only client that may connect. */
  readonly clientCertificate: string;
}

export interface ListenOptions {
  readonly tls: Tls | undefined;
  readonly transport: 'unix' | 'tcp';
  readonly socketFolder: string | undefined;
  readonly ports: { readonly minimum: number; readonly maximum: number } | undefined;
  /** GRPCController.Shutdown: Terraform is done with this process. */
  readonly onShutdown: () => void;
}

export interface Listening extends Address {
  /** Ends all connections and removes the socket. */
  close(): void;
}

export async function listen<C>(server: PluginServer<C>, options: ListenOptions): Promise<Listening> {
  const limits = {
    'grpc.max_receive_message_length': messageSizeBytesMax,
    'grpc.max_send_message_length': messageSizeBytesMax,
    // Statistics of each call, for a debugger that no one attaches.
    'grpc.enable_channelz': 0,
  };
  const grpc = new Server(limits);
  grpc.addService(providerService(), providerCalls(server));
  grpc.addService(healthService, { Check: answerEmpty, Watch: watchHealth });
  grpc.addService(stdioService, { StreamStdio: holdOpen });
  grpc.addService(controllerService, { Shutdown: shutdown(options.onShutdown) });
  const place = await bind(grpc, options);
  return {
    ...place,
    close: () => {
      grpc.forceShutdown();
      if (place.folder !== undefined) rmSync(place.folder, { recursive: true, force: true });
    },
  };
}

type Message = Readonly<Record<string, unknown>>;
type Unary = handleUnaryCall<Message, object>;

type Streaming = handleServerStreamingCall<Message, object>;

function providerCalls<C>(server: PluginServer<C>): Record<string, Unary | Streaming> {
  return Object.fromEntries<Unary | Streaming>([
    ...Object.entries(served).map(([name, handler]) => [name, unary(server, name, handler)] as const),
    ...Object.entries(streamed).map(([name, handler]) => [name, streaming(server, name, handler)] as const),
  ]);
}

function unary<C>(server: PluginServer<C>, name: string, handler: Served): Unary {
  return (call, callback) => {
    const onCancelled = (listener: () => void): unknown => call.on('cancelled', listener);
    server
      .run(name, onCancelled, (context) =>
        handler(server as PluginServer<unknown>, call.request as never, context),
      )
      .catch((error: unknown) => failure(server, name, error))
      .then((answer) => callback(null, answer));
  };
}

function streaming<C>(server: PluginServer<C>, name: string, handler: Streamed): Streaming {
  return (call) => {
    const onCancelled = (listener: () => void): unknown => call.on('cancelled', listener);
    server
      .run(name, onCancelled, async (context) => {
        for await (const event of handler(server as PluginServer<unknown>, call.request as never, context))
          if (!call.write(event)) await drained(call, context.signal);
      })
      .catch((error: unknown) => call.write(streamFailure(server, name, error)))
      .finally(() => call.end());
  };
}

/** A client that reads slowly slows the handler down, instead of filling our memory. */
async function drained(call: ServerWritableStream<Message, object>, signal: AbortSignal): Promise<void> {
  await once(call, 'drain', { signal }).catch(() => {});
}

function streamFailure<C>(server: PluginServer<C>, name: string, error: unknown): object {
  const { diagnostics } = failure(server, name, error) as { readonly diagnostics: object };
  return name === 'InvokeAction' ? { completed: { diagnostics } } : { diagnostic: diagnostics };
}

/** Never a gRPC error: Terraform shows of those neither summary nor detail. */
function failure<C>(server: PluginServer<C>, name: string, error: unknown): object {
  server.log.error(`${name} failed`, { error });
  const diagnostics = new Diagnostics();
  diagnostics.thrown(error, `Cannot serve ${name}`);
  const { messages } = diagnostics;
  const text = messages.map(({ summary }) => summary).join('\n');
  if (name === 'StopProvider') return { Error: text };
  return name === 'CallFunction' ? { error: { text } } : { diagnostics: messages };
}

const answerEmpty: Unary = (_call, callback) => callback(null, {});

/** One answer, then silence: health does not change while the process lives. */
const watchHealth: handleServerStreamingCall<Message, object> = (call) => {
  call.write({});
  holdOpen(call);
};

function holdOpen(call: ServerWritableStream<Message, object>): void {
  call.on('cancelled', () => call.end());
}

function shutdown(onShutdown: () => void): Unary {
  return (_call, callback) => {
    callback(null, {});
    // After the answer is on its way.
    setTimeout(onShutdown, 10);
  };
}

interface Place extends Address {
  readonly folder?: string;
}

async function bind(grpc: Server, options: ListenOptions): Promise<Place> {
  const credentials = credentialsOf(options.tls);
  if (options.transport === 'tcp') return bindTcp(grpc, credentials, options.ports);
  // Folder 0700: without TLS, in debug mode, the file's place is all that keeps others out.
  const folder = mkdtempSync(join(options.socketFolder ?? tmpdir(), 'plugin-'));
  chmodSync(folder, 0o700);
  const address = join(folder, 'provider.sock');
  await bindTo(grpc, `unix:${address}`, credentials);
  return { network: 'unix', address, folder };
}

async function bindTcp(
  grpc: Server,
  credentials: ServerCredentials,
  ports: ListenOptions['ports'],
): Promise<Place> {
  const { minimum, maximum } = ports ?? { minimum: 0, maximum: 0 };
  for (let port = minimum; port <= maximum; port += 1) {
    try {
      const bound = await bindTo(grpc, `127.0.0.1:${port}`, credentials);
      return { network: 'tcp', address: `127.0.0.1:${bound}` };
    } catch {
      // Taken by another; the next one.
    }
  }
  throw new Error(`Cannot listen on 127.0.0.1: no free port from ${minimum} to ${maximum}`);
}

function bindTo(grpc: Server, target: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) =>
    grpc.bindAsync(target, credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
}

function credentialsOf(tls: Tls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.own.pem), private_key: Buffer.from(tls.own.privateKeyPem) };
  return ServerCredentials.createSsl(Buffer.from(tls.clientCertificate), [pair], true);
}
