/** A whole session by its shared vectors: handshake, loss, repair, rekey, close. test/kernel/utcp.test.ts has C do the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SessionVectors, sessionVectors } from './_session-vectors';

const file = join(__dirname, '../../vectors/utcp/session.json');
if (process.env.UPDATE_VECTORS === '1') writeFileSync(file, `${JSON.stringify(sessionVectors, null, 1)}\n`);
const shared = JSON.parse(readFileSync(file, 'utf8')) as SessionVectors;
const actions: Record<string, unknown>[] = shared.steps.flatMap(({ node, actions: some }) =>
  some.map((action) => ({ node, ...action })),
);

test('the shared vectors are what this program writes', () => {
  expect(shared).toEqual(JSON.parse(JSON.stringify(sessionVectors)));
});

test('both sides name the session alike, and every message comes in order, the empty one too', () => {
  const named = actions.filter((action) => action.kind === 'connected');
  expect(named).toHaveLength(2);
  expect(named[0]?.session).toBe(named[1]?.session);
  const texts = (node: number, stream: number) =>
    actions
      .filter((action) => action.kind === 'deliver' && action.node === node && action.stream === stream)
      .map((action) => Buffer.from(String(action.message), 'hex').toString());
  const sent = (parity: number) => [0, 2, 4, 6, 8, 10].map((index) => `message ${index + parity}`);
  expect([texts(1, 0), texts(1, 1), texts(0, 1)]).toEqual([sent(0), sent(1), ['']]);
});

test('the vectors have every type of packet, a message sent twice, a second key, and both ends closed', () => {
  const packets = actions.flatMap(({ packet }) => (typeof packet === 'string' ? [packet] : []));
  expect(new Set(packets.map((packet) => packet.slice(2, 4)))).toEqual(
    new Set(['02', '03', '04', '05', '06', '07', '08', '09']),
  );
  expect(packets.filter((packet) => packet.slice(2, 4) === '06')).toHaveLength(14);
  expect(packets.some((packet) => packet.slice(12, 16) === '0001')).toBe(true);
  expect(actions.filter(({ kind }) => kind === 'ended').map(({ reason }) => reason)).toEqual([
    'closed',
    'closed',
  ]);
});
