/** Where a server listens: `127.0.0.1:8473`, `[::1]:8473`, `localhost:0` (any free port), or `unix:/run/nexus.sock`. */
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect, type ListenOptions } from 'node:net';
import { NexusError, quote } from '../../../model';
import { errorCode } from '../../durable';

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/** A port of an interface, or a socket of this machine. @throws NexusError `bad-listen` */
export function parseListen(text: string): ListenPlace | { readonly path: string } {
  const [, path] = /^unix:(\/[^\0]+)$/.exec(text) ?? [];
  if (path !== undefined) return { path };
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([\da-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(digits) < 65_536) return { host, port: Number(digits) };
  throw new NexusError(
    'bad-listen',
    `Cannot listen on ${quote(text)}: expected HOST:PORT, [IPV6]:PORT or unix:/PATH`,
  );
}

/** Listens, and gives back the address to reach it by. @throws NexusError `cannot-listen` */
export async function listen(server: Server, text: string): Promise<string> {
  const place = parseListen(text);
  if ('path' in place) await removeDeadSocket(place.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(text, cause)));
    server.listen(place satisfies ListenOptions, resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) return text;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}/`;
}

/** Takes no more requests, waits for those that are there, and ends what takes longer. */
export async function closeServer(server: Server, timeoutMs: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its last answer is sent.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await ended;
  clearInterval(idle);
  clearTimeout(late);
}

function cannotListen(text: string, cause: NodeJS.ErrnoException): NexusError {
  return new NexusError('cannot-listen', `Cannot listen on ${quote(text)}: ${cause.message}`, {
    cause,
    hint: 'Another program may listen there: name another port with --listen.',
  });
}

/** A socket on which nobody listens any more, as a killed server leaves it. */
async function removeDeadSocket(path: string): Promise<void> {
  const info = await lstat(path).catch(() => undefined);
  if (info?.isSocket() && !(await isListening(path))) await unlink(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'));
  });
}
