import { connect, type Socket } from 'node:net';
import { type LedgerServer, serve } from '../../../../providers/provchain/server/serve';

let server: LedgerServer;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await serve({
    read: async () => Buffer.from('a file'),
    listen: '127.0.0.1:0',
    onError: () => undefined,
    connectionCountMax: 4,
    timeoutMs: { head: 200, request: 400 },
  });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

/** A connection that sends this and then waits; resolves with what came when the server has ended it. */
function converse(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    sockets.push(socket);
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

test('who sends half a request is not waited for', async () => {
  expect(await converse('GET /checkpoint HTTP/1.1\r\nhost: a\r\n')).toMatch(/^(HTTP\/1\.1 4|$)/);
  const body =
    'POST /append HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{';
  expect(await converse(body)).toMatch(/^HTTP\/1\.1 4/);
});

test('connections are bounded in number, and those that were there are served', async () => {
  const [first, ...others] = Array.from({ length: 6 }, (_, at) =>
    converse(at === 0 ? 'GET /checkpoint HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n' : 'GET /'),
  );
  expect(await first).toContain('a file');
  // Some are hung up on at once, the others when their time is over; all of them are.
  expect(await Promise.all(others)).toHaveLength(5);
  expect(await converse('GET /checkpoint HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')).toContain(
    'a file',
  );
});

test.each(['', 'a', '127.0.0.1', '127.0.0.1:70000', 'unix:relative', 'a:b:1', '[::1:1'])(
  'to listen on %p is refused',
  async (listen) => {
    const options = { read: async () => undefined, onError: () => undefined };
    await expect(serve({ ...options, listen })).rejects.toMatchObject({ code: 'bad-listen' });
  },
);

test('to listen where another does is refused with a hint', async () => {
  const { host } = new URL(server.url);
  const options = { read: async () => undefined, onError: () => undefined };
  await expect(serve({ ...options, listen: host })).rejects.toMatchObject({
    code: 'cannot-listen',
    hint: expect.stringContaining('--listen'),
  });
});
