/**
 * Collects heartbeats and makes one record for each interval out of them: their number, the nodes that were not heard,
 * and one Merkle root (RFC 6962) over all heartbeat statements in the order in which they came. Ten thousand nodes with
 * a heartbeat a minute would be 14 million ledger entries a day; so it is one entry an interval.
 */
import type { HeartbeatInterval } from '../../../model';
import { leafHash, treeRoot } from '../../provchain';
import type { HeartbeatRecord } from '../record';

export interface CollectedInterval {
  readonly interval: HeartbeatInterval;
  /** The leaves of the interval's tree, in their order. */
  readonly heartbeats: readonly HeartbeatRecord[];
}

/** Keeps the heartbeats and writes their interval into the ledger. */
export type AppendInterval = (collected: CollectedInterval) => Promise<void>;

/** A node that is to be heard. */
export interface ExpectedHeartbeats {
  readonly node: string;
  readonly heartbeatIntervalMs: number;
}

/** Heartbeats of one interval; later ones are counted as dropped. */
const heartbeatCountMax = 100_000;
/** Names of silent nodes in one record. */
const silentCountMax = 4096;

export class HeartbeatCollector {
  /** Heartbeats of an interval that had too many. */
  dropped = 0;
  private heartbeats: HeartbeatRecord[] = [];
  /** Nodes that were there when the interval began. */
  private expected: ReadonlySet<string> = new Set();

  constructor(
    private fromMs: number,
    private readonly site = 'local',
  ) {}

  /** @param record verified, and of a higher sequence than the node's last */
  add(record: HeartbeatRecord): void {
    if (this.heartbeats.length >= heartbeatCountMax) this.dropped += 1;
    else this.heartbeats.push(record);
  }

  /**
   * Appends what was collected, unless nobody was heard and nobody was to be. What could not be appended stays for the
   * next interval.
   * @param present the nodes that are there now; who was there all the time and was not heard is silent
   */
  async flush(
    toMs: number,
    present: readonly ExpectedHeartbeats[],
    append: AppendInterval,
  ): Promise<boolean> {
    const { fromMs, heartbeats } = this;
    const silent = this.silentOf(present, toMs);
    const isQuiet = heartbeats.length === 0 && silent.length === 0;
    this.fromMs = toMs;
    this.heartbeats = [];
    const expected = this.expected;
    this.expected = new Set(present.map(({ node }) => node));
    if (isQuiet) return false;
    try {
      await append({ interval: this.intervalOf(heartbeats, silent, fromMs, toMs), heartbeats });
      return true;
    } catch (error) {
      Object.assign(this, { fromMs, expected, heartbeats: [...heartbeats, ...this.heartbeats] });
      throw error;
    }
  }

  /** A node speaks at least once in two of its own intervals. */
  private silentOf(present: readonly ExpectedHeartbeats[], toMs: number): string[] {
    const heard = new Set(this.heartbeats.map(({ statement }) => statement.predicate.node));
    return present
      .filter(({ heartbeatIntervalMs }) => 2 * heartbeatIntervalMs <= toMs - this.fromMs)
      .filter(({ node }) => this.expected.has(node) && !heard.has(node))
      .map(({ node }) => node)
      .sort();
  }

  private intervalOf(
    heartbeats: readonly HeartbeatRecord[],
    silent: readonly string[],
    fromMs: number,
    toMs: number,
  ): HeartbeatInterval {
    return {
      site: this.site,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      count: heartbeats.length,
      nodeCount: new Set(heartbeats.map(({ statement }) => statement.predicate.node)).size,
      root: Buffer.from(treeRoot(heartbeats.map(({ payload }) => leafHash(payload)))).toString('hex'),
      silentCount: silent.length,
      silent: silent.slice(0, silentCountMax),
    };
  }
}
