/** A mirror on the loopback that serves a folder, and can be told to misbehave. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface TestMirror {
  readonly url: string;
  /** Paths as they were asked for, with the range if there was one. */
  readonly asked: string[];
}

/** Answers a request itself; false leaves it to the folder. */
export type Misbehave = (
  path: string,
  response: ServerResponse,
  bytes: Buffer,
  request: IncomingMessage,
) => boolean;

const running: Server[] = [];
afterAll(async () => {
  for (const server of running) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

export async function serveFolder(folder: string, misbehave: Misbehave = () => false): Promise<TestMirror> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    asked.push(range === undefined ? path : `${path} from ${range}`);
    const file = join(folder, path);
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    if (misbehave(path, response, bytes, request)) return;
    if (!existsSync(file)) response.writeHead(404).end();
    else if (range === undefined) response.writeHead(200).end(bytes);
    else response.writeHead(206).end(bytes.subarray(Number(range)));
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
