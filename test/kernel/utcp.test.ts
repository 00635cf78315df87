/** kernel/utcp beside the reference in the simulator: in every pairing, and packet for packet the same. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { record, type SessionVectors } from '../providers/utcp/_session-vectors';
import { buildCPeers, type CPeers } from '../providers/utcp/simulator/c-peer';
import { makeReferencePeer } from '../providers/utcp/simulator/peer';
import { simulate } from '../providers/utcp/simulator/world';

let c: CPeers;
beforeAll(async () => {
  c = await buildCPeers();
});
afterAll(() => c.stop());

const seeds = Array.from({ length: 60 }, (_, index) => 10_000 + index);

test('60 runs of the reference with C, and of C with the reference, break no rule', () => {
  for (const seed of seeds) {
    simulate(seed, [makeReferencePeer, c.make]);
    simulate(seed, [c.make, makeReferencePeer]);
  }
});

test('60 runs of C with itself send the very packets that the reference sends', () => {
  for (const seed of seeds) expect([seed, simulate(seed, [c.make])]).toEqual([seed, simulate(seed)]);
});

test('C does, step by step, what the shared vectors of a session say', () => {
  const file = join(__dirname, '../vectors/utcp/session.json');
  const { steps } = JSON.parse(readFileSync(file, 'utf8')) as SessionVectors;
  expect(JSON.parse(JSON.stringify(record(c.make)))).toEqual(steps);
});
