/**
 * Unix sockets at paths of any length. The kernel takes at most 107 bytes of path (unix(7)), and a state folder can
 * stand deeper than that; so the folder is opened and the socket is reached as `/proc/self/fd/N/NAME`.
 */
import { closeSync, constants, lstatSync, openSync, rmSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { errorCode } from '../durable';

/** Connects to the socket of that name in the folder. A failure comes as the socket's `error` event. */
export function connectInFolder(folder: string, name: string): Socket {
  const descriptor = openFolder(folder);
  const socket = connect({ path: throughDescriptor(descriptor, name) });
  const close = (): void => closeSync(descriptor);
  // connect(2) has looked the path up by the time either event comes.
  socket.once('connect', () => {
    socket.off('error', close);
    close();
  });
  socket.once('error', close);
  return socket;
}

/** Connects, or throws the system's error, within the time. */
export function openConnection(folder: string, name: string, timeoutMs = 1_000): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectInFolder(folder, name);
    const timer = setTimeout(
      () => socket.destroy(new Error(`no answer from "${name}" within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', fail);
  });
}

/** Listens at the name in the folder; the path must be free. */
export function listenInFolder(server: Server, folder: string, name: string): Promise<void> {
  const descriptor = openFolder(folder);
  server.once('close', () => closeSync(descriptor));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: throughDescriptor(descriptor, name) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Makes the path free for a socket of ours: removes a socket that nobody listens at.
 * @throws NexusError `socket-in-use` when somebody does, `socket-path-taken` when it is something else
 */
export async function freeSocketPath(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  checkSocketPath(path);
  if (kindOfFile(path) === 'none') return;
  if (await isAnswered(folder, name)) throw socketInUse(path);
  rmSync(path, { force: true });
}

/** @throws NexusError `socket-path-taken` when something stands there that is no socket */
export function checkSocketPath(path: string): void {
  const kind = kindOfFile(path);
  if (kind !== 'none' && kind !== 'socket') throw pathTaken(path, kind);
}

async function isAnswered(folder: string, name: string): Promise<boolean> {
  try {
    (await openConnection(folder, name)).destroy();
    return true;
  } catch (error) {
    return errorCode(error) !== 'ECONNREFUSED' && errorCode(error) !== 'ENOENT';
  }
}

function kindOfFile(path: string): 'none' | 'socket' | 'folder' | 'link' | 'file' {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 'none';
  if (stat.isSocket()) return 'socket';
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'link' : 'file';
}

function pathTaken(path: string, kind: string): NexusError {
  return new NexusError(
    'socket-path-taken',
    `Cannot listen at "${path}": a ${kind} stands there, expected none`,
    {
      hint: `Move the ${kind} away, then run this again.`,
      place: { file: path },
    },
  );
}

function socketInUse(path: string): NexusError {
  return new NexusError(
    'socket-in-use',
    `Cannot listen at "${path}": another process listens there, expected none`,
    {
      hint: `Find it with \`ss -xlp | grep ${JSON.stringify(path)}\`, end it, then run this again.`,
      place: { file: path },
    },
  );
}

function openFolder(folder: string): number {
  return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}

function throughDescriptor(descriptor: number, name: string): string {
  return `/proc/self/fd/${descriptor}/${name}`;
}
