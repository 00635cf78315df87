import type { HeartbeatInterval } from '../../../../model';
import type { HeartbeatRecord } from '../../../../providers/deploy';
import { HeartbeatCollector } from '../../../../providers/deploy/hostd/heartbeats';
import { leafHash, treeRoot } from '../../../../providers/provchain';

const key = 'ab'.repeat(32);

function heartbeat(node: string, sequence: number, epoch = 1): HeartbeatRecord {
  const predicate = { node, key, epoch: String(epoch), sequence: String(sequence) };
  const payload = Buffer.from(JSON.stringify(predicate));
  return { payload, signature: new Uint8Array(64), statement: { predicate } } as unknown as HeartbeatRecord;
}

test('an interval has one entry for each node and start, with the root over its statements', async () => {
  const collector = new HeartbeatCollector(0);
  const records = [heartbeat('n2', 1), heartbeat('n1', 4), heartbeat('n2', 2), heartbeat('n2', 1, 2)];
  for (const record of records) collector.add(record);
  const intervals: HeartbeatInterval[] = [];
  await collector.flush(60_000, async (interval) => void intervals.push(interval));
  expect(intervals).toMatchObject([
    {
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T00:01:00.000Z',
      nodes: [
        { node: 'n1', epoch: '1', firstSequence: '4', lastSequence: '4', count: 1 },
        { node: 'n2', epoch: '1', firstSequence: '1', lastSequence: '2', count: 2 },
        { node: 'n2', epoch: '2', firstSequence: '1', lastSequence: '1', count: 1 },
      ],
    },
  ]);
  const leaves = [records[0], records[2]].map((record) => leafHash(record?.payload ?? new Uint8Array()));
  expect(intervals[0]?.nodes[1]?.root).toBe(Buffer.from(treeRoot(leaves)).toString('hex'));
});

test('an interval without heartbeats is not written', async () => {
  const collector = new HeartbeatCollector(0);
  const append = jest.fn();
  expect(await collector.flush(1_000, append)).toBe(false);
  expect(append).not.toHaveBeenCalled();
});

test('what could not be written goes into the next interval, in order', async () => {
  const collector = new HeartbeatCollector(0);
  collector.add(heartbeat('n1', 1));
  const failing = collector.flush(1_000, async () => {
    collector.add(heartbeat('n1', 2));
    throw new Error('disk full');
  });
  await expect(failing).rejects.toThrow('disk full');
  const intervals: HeartbeatInterval[] = [];
  await collector.flush(2_000, async (interval) => void intervals.push(interval));
  expect(intervals).toMatchObject([
    { from: '1970-01-01T00:00:00.000Z', nodes: [{ firstSequence: '1', lastSequence: '2', count: 2 }] },
  ]);
});
