/**
 * Collects heartbeats and makes one record for each interval out of them: for every node its count, first and last
 * sequence, and the Merkle root (RFC 6962) over its heartbeat statements. Ten thousand nodes with a heartbeat a minute
 * would be 14 million ledger entries a day; so it is one entry an interval.
 */
import type { HeartbeatInterval, NodeHeartbeats } from '../../../model';
import { leafHash, treeRoot } from '../../provchain';
import type { HeartbeatRecord } from '../record';

/** Writes an interval into the ledger, signed by the deployer. */
export type AppendInterval = (interval: HeartbeatInterval) => Promise<void>;

/** Hashes kept for one node in one interval; later heartbeats are counted as dropped. */
const hashesPerNodeMax = 65_536;

interface Series {
  readonly node: string;
  readonly key: string;
  readonly epoch: string;
  readonly firstSequence: string;
  lastSequence: string;
  readonly hashes: Uint8Array[];
}

export class HeartbeatCollector {
  /** Heartbeats of an interval that had too many. */
  dropped = 0;
  private series = new Map<string, Series>();

  constructor(private fromMs: number) {}

  get isEmpty(): boolean {
    return this.series.size === 0;
  }

  /** @param record verified, and of a higher sequence than the node's last */
  add({ statement, payload }: HeartbeatRecord): void {
    const { node, key, epoch, sequence } = statement.predicate;
    const id = `${node} ${key} ${epoch}`;
    const series = this.series.get(id) ?? {
      node,
      key,
      epoch,
      firstSequence: sequence,
      lastSequence: sequence,
      hashes: [],
    };
    if (series.hashes.length >= hashesPerNodeMax) {
      this.dropped += 1;
      return;
    }
    series.hashes.push(leafHash(payload));
    series.lastSequence = sequence;
    this.series.set(id, series);
  }

  /** Appends what was collected; what could not be appended stays for the next interval. */
  async flush(toMs: number, append: AppendInterval): Promise<boolean> {
    if (this.isEmpty) {
      this.fromMs = toMs;
      return false;
    }
    const [taken, fromMs] = [this.series, this.fromMs];
    this.series = new Map();
    this.fromMs = toMs;
    try {
      await append(intervalOf(taken, fromMs, toMs));
      return true;
    } catch (error) {
      this.putBack(taken, fromMs);
      throw error;
    }
  }

  private putBack(taken: Map<string, Series>, fromMs: number): void {
    for (const [id, later] of this.series) {
      const earlier = taken.get(id);
      if (earlier === undefined) taken.set(id, later);
      else {
        earlier.hashes.push(...later.hashes);
        earlier.lastSequence = later.lastSequence;
      }
    }
    this.series = taken;
    this.fromMs = fromMs;
  }
}

function intervalOf(series: Map<string, Series>, fromMs: number, toMs: number): HeartbeatInterval {
  const nodes = [...series.values()].map(summarize);
  nodes.sort((left, right) => (left.node === right.node ? 0 : left.node < right.node ? -1 : 1));
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), nodes };
}

function summarize({ node, key, epoch, firstSequence, lastSequence, hashes }: Series): NodeHeartbeats {
  const root = Buffer.from(treeRoot(hashes)).toString('hex');
  return { node, key, epoch, firstSequence, lastSequence, count: hashes.length, root };
}
