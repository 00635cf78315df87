/**
 * Heartbeats at scale: ten thousand nodes with a heartbeat a minute, one interval after another, as the host daemon takes
 * them: collected, kept in a file, their root appended to a real ledger. Beside it in the same run: every heartbeat as an
 * entry of its own, of which a sample is appended and the day is reckoned.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cidOfRaw,
  createMeasuredStatement,
  formatStatement,
  publicKeyBytes,
  sha256,
  signEd25519,
  signingKeyOfSeed,
} from '../model';
import {
  appendToLedger,
  findHeartbeat,
  type HeartbeatRecord,
  isHeartbeat,
  recordOf,
} from '../providers/deploy';
import { HeartbeatCollector } from '../providers/deploy/hostd/heartbeats';
import { openLedger, preAuthEncoding } from '../providers/provchain';
import { type Figure, median } from './figures';

const intervalsADay = 24 * 60;
const release = cidOfRaw(Buffer.from('release'));

interface Node {
  readonly name: string;
  readonly key: ReturnType<typeof signingKeyOfSeed>;
}

function heartbeatOf({ name, key }: Node, sequence: number): HeartbeatRecord {
  const predicate = {
    node: name,
    key: Buffer.from(publicKeyBytes(key)).toString('hex'),
    release,
    config: 'c0'.repeat(32),
    epoch: '1',
    sequence: String(sequence),
    uptimeMicros: String(60_000_000 * sequence + name.length),
    cells: [{ name: 'hello', state: 'running' as const }],
    peers: [],
  };
  const payload = formatStatement(createMeasuredStatement('heartbeat', predicate, 'ab'.repeat(32)));
  const record = recordOf(payload, signEd25519(key, preAuthEncoding(payload)));
  if (!isHeartbeat(record)) throw new Error('a heartbeat is one');
  return record;
}

/** @param nodeCount with one heartbeat a minute each */
export async function benchHeartbeats(nodeCount = 10_000, intervalCount = 5): Promise<readonly Figure[]> {
  const stateDir = mkdtempSync(join(tmpdir(), 'nexus-bench-heartbeats-'));
  try {
    const nodes = Array.from({ length: nodeCount }, (_, at) => ({
      name: `n-${at}`,
      key: signingKeyOfSeed(sha256(Buffer.from(`node ${at}`))),
    }));
    return await measure(stateDir, nodes, intervalCount);
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function measure(stateDir: string, nodes: readonly Node[], intervalCount: number): Promise<Figure[]> {
  const append = appendToLedger(stateDir);
  const present = nodes.map(({ name }) => ({ node: name, heartbeatIntervalMs: 30_000 }));
  const collector = new HeartbeatCollector(0);
  await collector.flush(0, present, append);
  const timesMs: number[] = [];
  let last: HeartbeatRecord | undefined;
  for (let interval = 1; interval <= intervalCount; interval += 1) {
    // One node in a thousand is silent.
    const heard = nodes.flatMap((node, at) => (at % 1000 === 7 ? [] : heartbeatOf(node, interval)));
    last = heard.at(-1);
    const startMs = performance.now();
    for (const heartbeat of heard) collector.add(heartbeat);
    await collector.flush(interval * 60_000, present, append);
    timesMs.push(performance.now() - startMs);
  }
  const ledger = await openLedger({
    folder: join(stateDir, 'ledger'),
    keysFolder: join(stateDir, 'keys'),
    clock: Date.now,
  });
  const records: number[] = [];
  for await (const { envelope } of ledger.entries()) records.push(envelope.payload.length);
  const files = (await readdir(join(stateDir, 'heartbeats'))).map(
    (name) => statSync(join(stateDir, 'heartbeats', name)).size,
  );
  const findMs = await timeMs(async () =>
    findHeartbeat(stateDir, cidOfRaw(last?.payload ?? new Uint8Array())),
  );
  // The peer: each heartbeat an entry of its own.
  const sample = nodes.slice(0, 1024).map((node) => heartbeatOf(node, 1_000));
  const eachMs = await timeMs(() =>
    Promise.all(
      sample.map(({ payload, signature }, at) =>
        ledger.appendSigned({
          payload,
          signature,
          publicKey: publicKeyBytes(nodes[at]?.key ?? signingKeyOfSeed(new Uint8Array(32))),
        }),
      ),
    ),
  );
  const eachIntervalMs = (eachMs / sample.length) * nodes.length;
  return [
    { name: 'entries a day, one root an interval', value: intervalsADay, unit: 'entries' },
    { name: 'entries a day, each heartbeat an entry', value: intervalsADay * nodes.length, unit: 'entries' },
    { name: 'record of an interval with 10 silent nodes', value: median(records), unit: 'bytes' },
    {
      name: 'ledger a day (record and entry)',
      value: (intervalsADay * (median(records) + 402)) / 1024,
      unit: 'KiB',
    },
    { name: 'kept heartbeats of an interval', value: median(files) / 1024, unit: 'KiB' },
    { name: 'kept heartbeats in 256 MiB', value: (256 * 1024 * 1024) / median(files) / 60, unit: 'hours' },
    { name: 'an interval: root, file, durable entry, P50', value: median(timesMs), unit: 'ms' },
    { name: 'the same heartbeats as entries', value: eachIntervalMs, unit: 'ms' },
    { name: 'ratio', value: eachIntervalMs / median(timesMs), unit: 'times' },
    { name: 'one heartbeat found in the newest interval', value: findMs, unit: 'ms' },
  ];
}

async function timeMs(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}
