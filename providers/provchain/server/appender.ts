/**
 * Takes the records of a request into the ledger, or none of them. In this order: the form (400), the log that is meant
 * (409), the signatures (401), the keys (403), and how much waits already, for one key (429) and for all (503). What
 * was let in is waited for to its end, so that nothing acknowledged, and nothing half done, is ever dropped.
 */
import { cidOfRaw, NexusError, quote, type Statement } from '../../../model';
import { type AppendReceipt, appendSizeBytesMax, parseAppendRequest } from '../formats/append-request';
import { formatTlogProof } from '../formats/tlog-proof';
import { acceptRecord, type OwnLedger, type SignedRecord } from '../log/ledger';
import type { AcceptedRecord } from '../log/writer';
import type { CurrentLog } from './current-log';

/** Says who may append what. */
export interface Admission {
  /** Reads what the log has got since, for {@link refuse} to go by. */
  refresh(): Promise<void>;
  /** Why a record may not be appended by its key; undefined when it may. Its signature holds. */
  refuse(statement: Statement, publicKey: Uint8Array): string | undefined;
}

/** A log with what says who may append to it. */
export interface Site {
  readonly ledger: OwnLedger;
  /** The same log, for proofs. */
  readonly log: CurrentLog;
  readonly admission: Admission;
}

export interface AppenderOptions {
  /** The site as it is now: its keys and who may append can change. */
  readonly look: () => Promise<Site>;
  readonly limits?: AppenderLimits;
}

export interface AppenderLimits {
  /** Of all requests that are being read or wait. @default 64 MiB */
  readonly waitingSizeBytesMax?: number;
  /** Records of one key that wait. @default 2048 */
  readonly waitingPerKeyMax?: number;
  /** @default 30,000 */
  readonly timeoutMs?: number;
}

export class Appender {
  readonly #options: AppenderOptions;
  readonly #limits: AppenderLimits;
  readonly #waitingByKey = new Map<string, number>();
  #waitingSizeBytes = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#limits = options.limits ?? {};
  }

  /**
   * Holds memory for a body that is about to come, while `work` runs.
   * @throws NexusError `append-too-large`, `ledger-overloaded`
   */
  async withRoom<T>(sizeBytes: number, work: () => Promise<T>): Promise<T> {
    const { waitingSizeBytesMax = 64 * 1024 * 1024 } = this.#limits;
    if (sizeBytes > appendSizeBytesMax) throw tooLarge(sizeBytes);
    if (this.#waitingSizeBytes + sizeBytes > waitingSizeBytesMax) throw overloaded();
    this.#waitingSizeBytes += sizeBytes;
    try {
      return await work();
    } finally {
      this.#waitingSizeBytes -= sizeBytes;
    }
  }

  /** @throws NexusError of the codes of refusal.ts */
  async append(body: Uint8Array): Promise<readonly AppendReceipt[]> {
    const { origin, records } = parseAppendRequest(body);
    const site = await this.#options.look();
    if (origin !== site.ledger.origin) throw wrongLog(origin, site.ledger.origin);
    const checked = records.map((record) => ({ record, ...acceptRecord(record) }));
    await site.admission.refresh();
    for (const { record, statement } of checked) {
      const reason = site.admission.refuse(statement, record.publicKey);
      if (reason !== undefined) throw notAllowed(record, reason);
    }
    const release = this.#take(records);
    try {
      const accepted = checked.map((each) => each.accepted);
      return await this.#add(accepted, site);
    } finally {
      release();
    }
  }

  /** All in one turn of the event loop, so that they go into one commit. */
  async #add(records: readonly AcceptedRecord[], { ledger, log }: Site): Promise<readonly AppendReceipt[]> {
    const signal = AbortSignal.timeout(this.#limits.timeoutMs ?? 30_000);
    const appended = await Promise.all(
      records.map((record) => ledger.appendAccepted(record, { once: true, signal })),
    ).catch((error: unknown) => {
      throw error === signal.reason ? overloaded() : error;
    });
    const proofs = await log.prove(appended.map(({ index }) => index));
    return appended.map(({ cid, index, size }, at) => {
      const proof = proofs[at];
      if (proof === undefined) throw new Error(`No proof for entry ${index}`);
      return { cid, index, size, proof: formatTlogProof(proof) };
    });
  }

  /** Counts the records of each key as waiting, until the function it gives back is called. */
  #take(records: readonly SignedRecord[]): () => void {
    const { waitingPerKeyMax = 2048 } = this.#limits;
    const counts = countByKey(records);
    for (const [key, count] of counts)
      if ((this.#waitingByKey.get(key) ?? 0) + count > waitingPerKeyMax) throw keyBusy(key, waitingPerKeyMax);
    this.#addToWaiting(counts, 1);
    return () => this.#addToWaiting(counts, -1);
  }

  #addToWaiting(counts: ReadonlyMap<string, number>, sign: 1 | -1): void {
    for (const [key, count] of counts) {
      const waiting = (this.#waitingByKey.get(key) ?? 0) + sign * count;
      if (waiting === 0) this.#waitingByKey.delete(key);
      else this.#waitingByKey.set(key, waiting);
    }
  }
}

const nameOfKey = (publicKey: Uint8Array): string => Buffer.from(publicKey).toString('hex');

function countByKey(records: readonly SignedRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { publicKey } of records) {
    const key = nameOfKey(publicKey);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

function wrongLog(origin: string, own: string): NexusError {
  return new NexusError('wrong-log', `Cannot append to log ${quote(origin)}: this is ${quote(own)}`, {
    hint: 'Use the verifier key of this log, or the address of the other.',
  });
}

function notAllowed({ payload, publicKey }: SignedRecord, reason: string): NexusError {
  return new NexusError(
    'key-not-allowed',
    `Cannot append record ${quote(cidOfRaw(payload))} of key ${quote(nameOfKey(publicKey))}: ${reason}`,
    { hint: 'Whoever runs the log names the keys of deployers; a deployer introduces those of nodes.' },
  );
}

function tooLarge(sizeBytes: number): NexusError {
  return new NexusError(
    'append-too-large',
    `Cannot append a request of ${sizeBytes} bytes: expected at most ${appendSizeBytesMax}`,
    { hint: 'Send the records in several requests.' },
  );
}

function keyBusy(key: string, countMax: number): NexusError {
  return new NexusError(
    'key-busy',
    `Cannot append for key ${quote(key)}: more of its records would wait than the ${countMax} that may`,
  );
}

function overloaded(): NexusError {
  return new NexusError('ledger-overloaded', 'Cannot append now: too much waits already', {
    hint: 'Send the same again in a moment: what is there is not added twice.',
  });
}
