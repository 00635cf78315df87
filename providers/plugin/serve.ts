/** Runs a provider as the process that Terraform starts, or attached to a running Terraform for debugging. */
import type { PluginDefinition } from './definition';
import { type LogSink, makeLog } from './log';
import { makeCertificate } from './process/certificate';
import { early } from './process/early';
import { type Listening, listen } from './process/grpc';
import type { Guarded } from './process/guard';
import {
  formatHandshakeLine,
  formatReattach,
  type Handshake,
  HandshakeError,
  parseHandshake,
} from './process/handshake';
import { lineSink } from './process/log-lines';
import { watchParent } from './process/parent';
import { PluginServer } from './server';

/** Work that was asked to stop gets this long before the process ends. */
const graceMs = 10_000;

export interface ServeOptions {
  /** @default unix; tcp on Windows */
  readonly transport?: 'unix' | 'tcp';
}

/**
 * The whole of a provider's main file: `serve(definition)`. Started with `--debug` it prints the TF_REATTACH_PROVIDERS
 * to set for Terraform and stays until it is interrupted.
 */
export async function serve<C>(definition: PluginDefinition<C>, options: ServeOptions = {}): Promise<void> {
  if (process.argv.includes('--debug')) return serveDebug(definition);
  const handshake = readHandshake(definition.address);
  const guarded = early ?? unguarded;
  const sink = lineSink(guarded.writeError, Date.now);
  early?.report((level, text, stream) => sink(level, text, { stream }));
  await serveTerraform(definition, options, handshake, guarded, sink);
}

const unguarded: Guarded = {
  writeOut: (text, failed) => process.stdout.write(text, (error) => error && failed()),
  writeError: (text) => process.stderr.write(text),
};

function readHandshake(address: string): Handshake {
  try {
    return parseHandshake(process.env, address);
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(1);
  }
}

async function serveTerraform<C>(
  definition: PluginDefinition<C>,
  options: ServeOptions,
  handshake: Handshake,
  guarded: Guarded,
  sink: LogSink,
): Promise<void> {
  const server = new PluginServer(definition, sink);
  const { clientCertificate, multiplex, ...place } = handshake;
  const tls =
    clientCertificate === undefined ? undefined : { own: makeCertificate(Date.now()), clientCertificate };
  const end = new Ending(server);
  surviveSignals(server, end);
  const transport = options.transport ?? (process.platform === 'win32' ? 'tcp' : 'unix');
  end.listening = await listen(server, { ...place, tls, transport, onShutdown: () => end.now(0) });
  const parentDied = (): void => end.afterWork('the process that started the provider is gone');
  watchParent(parentDied);
  // A parent that died before the watch began is no change to see; but then no one reads this line.
  guarded.writeOut(`${formatHandshakeLine(end.listening, tls?.own.der, multiplex)}\n`, parentDied);
  server.log.debug('provider started', { version: definition.version, pid: process.pid });
}

/**
 * Ctrl-C reaches the whole process group; Terraform then sends StopProvider and waits for results, so the process
 * must live on. A stray rejection of a library must not cost the results of other resources either.
 */
function surviveSignals<C>(server: PluginServer<C>, end: Ending<C>): void {
  process.on('SIGINT', () => server.log.debug('SIGINT: waiting for Terraform to say what to do'));
  process.on('SIGTERM', () => end.afterWork('the provider was asked to terminate'));
  process.on('SIGHUP', () => server.log.debug('SIGHUP: the terminal is gone'));
  process.on('uncaughtException', (error) => server.log.error('uncaught exception', { error }));
  process.on('unhandledRejection', (error) => server.log.error('unhandled rejection', { error }));
}

/** The end of the process, with its socket removed. */
class Ending<C> {
  listening: Listening | undefined;

  constructor(private readonly server: PluginServer<C>) {}

  now(code: number): void {
    this.server.stop('the provider ends');
    this.listening?.close();
    process.exit(code);
  }

  /** Asks running work to stop, waits for it, then ends. */
  afterWork(reason: string): void {
    this.server.log.warn(reason);
    this.server.stop(reason);
    const deadline = Date.now() + graceMs;
    const timer = setInterval(() => {
      if (this.server.busy && Date.now() < deadline) return;
      clearInterval(timer);
      this.now(1);
    }, 50);
  }
}

export interface Attached {
  /** Value for the variable TF_REATTACH_PROVIDERS. */
  readonly reattach: string;
  close(): void;
}

/** A provider inside this process, for tests and debuggers. Without TLS, on a socket only this user can open. */
export async function attach<C>(
  definition: PluginDefinition<C>,
  sink: LogSink = () => {},
): Promise<Attached> {
  const server = new PluginServer(definition, sink);
  const listening = await listen(server, {
    tls: undefined,
    transport: process.platform === 'win32' ? 'tcp' : 'unix',
    socketFolder: undefined,
    ports: undefined,
    // Terraform says this at the end of each command; the next command needs us still.
    onShutdown: () => {},
  });
  return { reattach: formatReattach(definition.address, listening, process.pid), close: listening.close };
}

async function serveDebug<C>(definition: PluginDefinition<C>): Promise<void> {
  const sink: LogSink = lineSink((line) => process.stderr.write(line), Date.now);
  const attached = await attach(definition, sink);
  process.stdout.write(`TF_REATTACH_PROVIDERS='${attached.reattach}'\n`);
  makeLog(sink).info('provider started in debug mode; end it with Ctrl-C');
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      attached.close();
      process.exit(0);
    });
}
