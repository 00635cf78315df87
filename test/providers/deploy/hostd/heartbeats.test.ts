import type { HeartbeatRecord } from '../../../../providers/deploy';
import { type CollectedInterval, HeartbeatCollector } from '../../../../providers/deploy/hostd/heartbeats';
import { leafHash, treeRoot } from '../../../../providers/provchain';

const key = 'ab'.repeat(32);

function heartbeat(node: string, sequence: number, epoch = 1): HeartbeatRecord {
  const predicate = { node, key, epoch: String(epoch), sequence: String(sequence) };
  const payload = Buffer.from(JSON.stringify(predicate));
  return { payload, signature: new Uint8Array(64), statement: { predicate } } as unknown as HeartbeatRecord;
}

const nodes = (...names: string[]) => names.map((node) => ({ node, heartbeatIntervalMs: 5_000 }));

/** What the collector appends in one interval. */
async function flush(collector: HeartbeatCollector, toMs: number, present = nodes()) {
  const appended: CollectedInterval[] = [];
  await collector.flush(toMs, present, async (interval) => void appended.push(interval));
  expect(appended.length).toBeLessThanOrEqual(1);
  return appended[0];
}

test('an interval is one record with one root over all heartbeats, in the order in which they came', async () => {
  const collector = new HeartbeatCollector(0, 'hall-3');
  const records = [heartbeat('n2', 1), heartbeat('n1', 4), heartbeat('n2', 2), heartbeat('n2', 1, 2)];
  for (const record of records) collector.add(record);
  const collected = await flush(collector, 60_000, nodes('n1', 'n2'));
  const leaves = records.map(({ payload }) => leafHash(payload));
  expect(collected).toEqual({
    interval: {
      site: 'hall-3',
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T00:01:00.000Z',
      count: 4,
      nodeCount: 2,
      root: Buffer.from(treeRoot(leaves)).toString('hex'),
      silentCount: 0,
      silent: [],
    },
    heartbeats: records,
  });
});

test('who was there for the whole interval and was not heard is named, also when nobody was heard', async () => {
  const collector = new HeartbeatCollector(0);
  collector.add(heartbeat('n1', 1));
  expect((await flush(collector, 60_000, nodes('n1', 'n3', 'n2')))?.interval.silent).toEqual([]);
  collector.add(heartbeat('n1', 2));
  const second = await flush(collector, 120_000, nodes('n1', 'n3', 'n2', 'new'));
  expect(second?.interval).toMatchObject({ count: 1, silentCount: 2, silent: ['n2', 'n3'] });
  const third = await flush(collector, 180_000, nodes('n1'));
  expect(third?.interval).toMatchObject({ count: 0, nodeCount: 0, silent: ['n1'] });
});

test('a node that speaks less often than intervals end is not called silent', async () => {
  const collector = new HeartbeatCollector(0);
  const slow = [{ node: 'n1', heartbeatIntervalMs: 40_000 }];
  await flush(collector, 60_000, slow);
  expect(await flush(collector, 120_000, slow)).toBeUndefined();
});

test('an interval with nobody to hear is not written', async () => {
  expect(await flush(new HeartbeatCollector(0), 1_000)).toBeUndefined();
});

test('what could not be written goes into the next interval, in order, and so does who was expected', async () => {
  const collector = new HeartbeatCollector(0);
  await flush(collector, 0, nodes('n1', 'n2'));
  const [first, second] = [heartbeat('n1', 1), heartbeat('n1', 2)];
  collector.add(first);
  const failing = collector.flush(60_000, nodes('n1', 'n2'), async () => {
    collector.add(second);
    throw new Error('disk full');
  });
  await expect(failing).rejects.toThrow('disk full');
  const collected = await flush(collector, 120_000, nodes('n1', 'n2'));
  expect(collected?.heartbeats).toEqual([first, second]);
  expect(collected?.interval).toMatchObject({ from: '1970-01-01T00:00:00.000Z', count: 2, silent: ['n2'] });
});
