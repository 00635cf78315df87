import { mkdtempSync, rmSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import {
  cosignedAt,
  formatAddCheckpoint,
  parseCosignatureLines,
  parseNote,
  serveWitness,
  Witness,
  type WitnessServer,
} from '../../../../providers/provchain';
import { originHash } from '../../../../providers/provchain/witness/state';
import { WordLog, witnessKeyOf, wordsOf } from '../witness-rig';

const folder = mkdtempSync(join(tmpdir(), 'witness-server-'));
const log = new WordLog(wordsOf(20));
const cosigner = witnessKeyOf(0);
let server: WitnessServer;
const portOf = ({ url }: WitnessServer): number => Number(new URL(url).port);

const open = (): Promise<Witness> =>
  Witness.open({ folder, cosigner, logs: [log.key], clock: Date.now, report: () => undefined });

beforeAll(async () => {
  server = await serveWitness({ witness: await open(), listen: '127.0.0.1:0', requestTimeoutMs: 1000 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const bodyOf = async (from: number, to: number): Promise<string> =>
  formatAddCheckpoint({ oldSize: from, proof: await log.prove(from, to), checkpoint: log.checkpoint(to) });
const post = (body: string | Uint8Array, path = 'add-checkpoint'): Promise<Response> =>
  fetch(new URL(path, server.url), { method: 'POST', body });

test('a checkpoint goes in, cosignature lines come out, and a monitor gets both', async () => {
  expect((await fetch(new URL(`${originHash(log.key.name)}/checkpoint`, server.url))).status).toBe(404);
  const answer = await post(await bodyOf(0, 3));
  expect(answer.status).toBe(200);
  const { text } = parseNote(Buffer.from(log.checkpoint(3)));
  expect(
    cosignedAt({ text, signatures: parseCosignatureLines(await answer.text()) }, cosigner),
  ).toBeDefined();
  const kept = await fetch(new URL(`${originHash(log.key.name)}/checkpoint`, server.url));
  expect(kept.status).toBe(200);
  expect(cosignedAt(parseNote(Buffer.from(await kept.arrayBuffer())), cosigner)).toBeDefined();
});

test('a conflict has the size in its own media type', async () => {
  await post(await bodyOf(3, 4));
  const answer = await post(await bodyOf(0, 5));
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    409,
    'text/x.tlog.size',
    '4\n',
  ]);
});

test.each([
  ['GET', 'add-checkpoint', 405],
  ['PUT', 'add-checkpoint', 405],
  ['POST', '', 404],
  ['GET', 'add-checkpoint/../x', 404],
  ['GET', `${'0'.repeat(64)}/checkpoint`, 404],
  ['GET', `${'A'.repeat(64)}/checkpoint`, 404],
  ['POST', `${'0'.repeat(64)}/checkpoint`, 405],
])('%s /%s is answered by %i', async (method, path, status) => {
  expect((await fetch(new URL(path, server.url), { method })).status).toBe(status);
});

/** Bytes to the socket as they are; what comes back until it ends, or until there is nothing for a while. */
function talk(parts: readonly (string | Uint8Array)[], waitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(portOf(server), '127.0.0.1');
    let answer = '';
    const end = (): void => {
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, waitMs);
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      end();
    });
    for (const part of parts) socket.write(part);
  });
}

test('a body that is too large is refused by its head, and when it lies about that, by what comes', async () => {
  const head = 'POST /add-checkpoint HTTP/1.1\r\nHost: a\r\n';
  expect(await talk([`${head}Content-Length: 300000\r\n\r\n`], 900)).toMatch(/^HTTP\/1.1 413/);
  const chunk = `10000\r\n${'x'.repeat(65536)}\r\n`;
  const chunks = [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...Array.from({ length: 6 }, () => chunk)];
  expect(await talk(chunks, 900)).toMatch(/^HTTP\/1.1 413/);
});

test('a request that never ends is ended', async () => {
  const started = Date.now();
  const answer = await talk(
    ['POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nold'],
    20_000,
  );
  expect(answer).toMatch(/^(HTTP\/1.1 408|$)/);
  expect(Date.now() - started).toBeLessThan(15_000);
});

test('whatever is sent, the server answers the next right request', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((each) => Buffer.from(each)),
    fc
      .string({ maxLength: 200 })
      .map((text) => Buffer.from(`POST /add-checkpoint HTTP/1.1\r\nHost: a\r\n${text}\r\n\r\n`)),
    fc.string({ maxLength: 100 }).map((text) => Buffer.from(`GET /${text} HTTP/1.1\r\nHost: a\r\n\r\n`)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 3 }), async (parts) => {
      await talk(parts, 20);
    }),
    { numRuns: 60 },
  );
  expect((await post(await bodyOf(4, 4))).status).toBe(200);
});

test('connections beyond the limit are not taken, and one that ends makes room', async () => {
  const small = await serveWitness({ witness: await open(), listen: '127.0.0.1:0', connectionCountMax: 2 });
  const held = Array.from({ length: 2 }, () => connect(portOf(small), '127.0.0.1'));
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  const get = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = requestHttp(`${small.url}x`, { agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      request.end();
    });
  await expect(get()).rejects.toThrow();
  for (const socket of held) socket.destroy();
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await get()).toBe(404);
  await small.close();
});
