/** The gRPC server: the provider's calls, health, and what go-plugin asks of every plugin. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { Diagnostics } from '../diagnostics';
import { type Served, type Streamed, served, streamed } from '../rpc';
import type { PluginServer } from '../server';
import { controllerService, healthService, providerService, stdioService } from '../wire/service';
import type { ServerCertificate } from './certificate';
import { createGrpcServer, type GrpcCall, type GrpcMethod, type GrpcServer } from './grpc-server';
import type { Address } from './handshake';

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
  const methods = new Map([
    ...methodsOf(providerService(), providerCalls(server)),
    ...methodsOf(healthService, { Check: answerEmpty, Watch: watchHealth }),
    ...methodsOf(stdioService, { StreamStdio: holdOpen }),
    ...methodsOf(controllerService, { Shutdown: shutdown(options.onShutdown) }),
  ]);
  const { tls } = options;
  const grpc = createGrpcServer(
    methods,
    tls && {
      certificatePem: tls.own.pem,
      privateKeyPem: tls.own.privateKeyPem,
      clientCertificatePem: tls.clientCertificate,
    },
  );
  const place = await bind(grpc, options);
  return {
    ...place,
    close: () => {
      grpc.close();
      if (place.folder !== undefined) rmSync(place.folder, { recursive: true, force: true });
    },
  };
}

type Handle = GrpcMethod['handle'];

/** A service's methods by their path; one without a handler is not served. */
function methodsOf(
  service: ServiceDefinition,
  handlers: Readonly<Record<string, Handle>>,
): [string, GrpcMethod][] {
  return Object.entries(service).flatMap(([name, { path, requestDeserialize, responseSerialize }]) => {
    const handle = handlers[name];
    return handle ? [[path, { parse: requestDeserialize, format: responseSerialize, handle }]] : [];
  });
}

function providerCalls<C>(server: PluginServer<C>): Record<string, Handle> {
  return Object.fromEntries<Handle>([
    ...Object.entries(served).map(([name, handler]) => [name, unary(server, name, handler)] as const),
    ...Object.entries(streamed).map(([name, handler]) => [name, streaming(server, name, handler)] as const),
  ]);
}

function unary<C>(server: PluginServer<C>, name: string, handler: Served): Handle {
  return async (request, call) => {
    const answer = await server
      .run(
        name,
        (listener) => call.onCancelled(listener),
        (context) => handler(server as PluginServer<unknown>, request as never, context),
      )
      .catch((error: unknown) => failure(server, name, error));
    call.answer(answer);
  };
}

function streaming<C>(server: PluginServer<C>, name: string, handler: Streamed): Handle {
  return (request, call) =>
    server
      .run(
        name,
        (listener) => call.onCancelled(listener),
        async (context) => {
          const events = handler(server as PluginServer<unknown>, request as never, context);
          for await (const event of events) await call.send(event);
        },
      )
      .catch((error: unknown) => call.send(streamFailure(server, name, error)));
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

const answerEmpty: Handle = (_request, call) => call.send({});

/** One answer, then silence: health does not change while the process lives. */
const watchHealth: Handle = async (request, call) => {
  await call.send({});
  await holdOpen(request, call);
};

function holdOpen(_request: unknown, call: GrpcCall): Promise<void> {
  return new Promise((resolve) => call.onCancelled(resolve));
}

function shutdown(onShutdown: () => void): Handle {
  return async (_request, call) => {
    await call.send({});
    // After the answer is on its way.
    setTimeout(onShutdown, 10);
  };
}

interface Place extends Address {
  readonly folder?: string;
}

async function bind({ http }: GrpcServer, options: ListenOptions): Promise<Place> {
  if (options.transport === 'tcp') return bindTcp(http, options.ports);
  // Folder 0700: without TLS, in debug mode, the file's place is all that keeps others out.
  const folder = mkdtempSync(join(options.socketFolder ?? tmpdir(), 'plugin-'));
  chmodSync(folder, 0o700);
  const address = join(folder, 'provider.sock');
  http.listen(address);
  await once(http, 'listening');
  return { network: 'unix', address, folder };
}

async function bindTcp(http: GrpcServer['http'], ports: ListenOptions['ports']): Promise<Place> {
  const { minimum, maximum } = ports ?? { minimum: 0, maximum: 0 };
  for (let port = minimum; port <= maximum; port += 1) {
    try {
      http.listen(port, '127.0.0.1');
      await once(http, 'listening');
      const bound = http.address();
      if (bound === null || typeof bound === 'string') break;
      return { network: 'tcp', address: `127.0.0.1:${bound.port}` };
    } catch {
      // Taken by another; the next one.
    }
  }
  throw new Error(`Cannot listen on 127.0.0.1: no free port from ${minimum} to ${maximum}`);
}
