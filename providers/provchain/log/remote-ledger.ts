/**
 * A ledger that another machine keeps: records go there by `POST /append`, all else is read from its static files and
 * checked here (http-source.ts). The server is believed nothing: a receipt counts when its proof leads from the record
 * to a checkpoint that the log's key has signed, or one that a chain of rotations leads to (log-key.ts), and that the
 * witnesses of the policy have cosigned where there is one.
 *
 * A request whose answer did not come is sent again, which adds nothing twice (append-request.ts). So a record is in
 * the ledger when `append` returns, and when it throws: `append-uncertain`, perhaps; any other code, no.
 */
import { setTimeout as sleepFor } from 'node:timers/promises';
import { cidOfRaw, formatStatement, NexusError, quote, type Statement } from '../../../model';
import {
  type AppendReceipt,
  appendPath,
  appendPayloadSizeBytesMax,
  appendRecordCountMax,
  appendSizeBytesMax,
  formatAppendRequest,
  parseAppendAnswer,
  parseRefusal,
  type Refusal,
} from '../formats/append-request';
import type { Checkpoint } from '../formats/checkpoint';
import { preAuthEncoding } from '../formats/dsse';
import { formatLeaf, leafOfEnvelope } from '../formats/leaf';
import { parseVerifierKey } from '../formats/note';
import type { Policy } from '../formats/policy';
import { parseTlogProof } from '../formats/tlog-proof';
import type { SigningKey } from '../keys/key';
import type { LogTrust } from '../keys/log-key';
import { formatHttpPlace, type HttpAnswer } from '../storage/http-client';
import { HttpSource, type HttpSourceOptions, retryAfterMs } from '../storage/http-source';
import { verifyInclusion } from '../tree/proof';
import { leafHash } from '../tree/tree';
import { policyUnmetCode } from '../witness/quorum';
import { type Ledger, ledgerOfReader, type ReadOnlyLedger, type SignedRecord } from './ledger';
import { LedgerReader } from './reader';
import type { AppendOptions, Receipt } from './writer';

interface Request {
  readonly record: SignedRecord;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

const attemptsMax = 8;
const pauseMsMin = 100;
const pauseMsMax = 5000;

/** Sends records, those of one turn of the event loop and those that come meanwhile together. */
export class RemoteAppender {
  readonly #source: HttpSource;
  readonly #trust: LogTrust;
  readonly #options: HttpSourceOptions;
  #waiting: Request[] = [];
  #isRunning = false;

  constructor(source: HttpSource, trust: LogTrust, options: HttpSourceOptions) {
    this.#source = source;
    this.#trust = trust;
    this.#options = options;
  }

  append(record: SignedRecord, { signal }: AppendOptions = {}): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, signal, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch().filter(isWanted);
      try {
        if (batch.length > 0) await this.#send(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }

  #takeBatch(): Request[] {
    let sizeBytes = 0;
    const end = this.#waiting.findIndex(({ record }, at) => {
      sizeBytes += record.payload.length;
      return at >= appendRecordCountMax || (at > 0 && sizeBytes > appendPayloadSizeBytesMax);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** A record that the server refuses spoils the others' request: then each is sent by itself. */
  async #send(batch: readonly Request[]): Promise<void> {
    try {
      await this.#sendTogether(batch);
    } catch (error) {
      if (batch.length === 1 || !isOfOneRecord(error)) throw error;
      for (const request of batch) await this.#sendTogether([request]).catch(request.reject);
    }
  }

  async #sendTogether(batch: readonly Request[]): Promise<void> {
    const records = batch.map(({ record }) => record);
    const receipts = await this.#post(records);
    if (receipts.length !== records.length) throw badReceipt(this.#name, 'another number of records');
    const open = openingOnce(this.#trust);
    const checked = await Promise.all(
      records.map((record, at) => checkReceipt(record, receipts[at], open, this.#name)),
    );
    for (const [at, receipt] of checked.entries()) batch[at]?.resolve(receipt);
  }

  get #name(): string {
    return formatHttpPlace(this.#source.place);
  }

  async #post(records: readonly SignedRecord[]): Promise<readonly AppendReceipt[]> {
    const { place, client } = this.#source;
    const { timeoutMs = 60_000, signal } = this.#options;
    const body = Buffer.from(formatAppendRequest({ origin: this.#trust.verifier.name, records }));
    const url = new URL(appendPath.slice(1), place.base);
    const headers = { 'content-type': 'application/json' };
    return this.#repeat(() =>
      client.exchange({
        method: 'POST',
        url,
        headers,
        body,
        sizeBytesMax: appendSizeBytesMax,
        timeoutMs,
        signal,
      }),
    );
  }

  /** Until the server takes the request or refuses it for good. */
  async #repeat(send: () => Promise<HttpAnswer>): Promise<readonly AppendReceipt[]> {
    const { signal, sleep = (timeMs) => sleepFor(timeMs), chance = Math.random } = this.#options;
    let isUncertain = false;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await send().catch(unreachable);
      signal?.throwIfAborted();
      if (!(answer instanceof NexusError) && answer.status === 200) return parseAppendAnswer(answer.body);
      const failure = answer instanceof NexusError ? answer : failureOf(this.#name, answer);
      const refusal = answer instanceof NexusError ? undefined : parseRefusal(answer.body);
      isUncertain ||= !wasKeptOut(refusal);
      if (!isPassing(answer)) throw failure;
      if (attempt === attemptsMax) throw isUncertain ? uncertain(this.#name, failure) : failure;
      const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** (attempt - 1)) * (0.5 + chance());
      await sleep(Math.max(pauseMs, answer instanceof NexusError ? 0 : retryAfterMs(answer)));
    }
  }
}

function isWanted({ signal, reject }: Request): boolean {
  if (signal?.aborted !== true) return true;
  reject(signal.reason);
  return false;
}

function unreachable(error: unknown): NexusError {
  if (error instanceof NexusError && error.code === 'log-unreachable') return error;
  throw error;
}

const isPassing = (answer: NexusError | HttpAnswer): boolean =>
  answer instanceof NexusError || [408, 429, 500, 502, 503, 504].includes(answer.status);

/** The server said that nothing of the request was begun. */
const wasKeptOut = (refusal: Refusal | undefined): boolean =>
  refusal !== undefined && ['ledger-overloaded', 'key-busy', policyUnmetCode].includes(refusal.code);

/** Codes that say what is wrong with one record, and so nothing of the others. */
const recordCodes = ['bad-record', 'bad-envelope', 'bad-signature', 'key-not-allowed', 'append-too-large'];
/** Codes that a server may give its refusal; under any other it is `append-refused`. */
const knownCodes = [
  ...recordCodes,
  'read-only',
  'wrong-log',
  'key-busy',
  'ledger-overloaded',
  policyUnmetCode,
];

const isOfOneRecord = (error: unknown): boolean =>
  error instanceof NexusError && recordCodes.includes(error.code);

function failureOf(name: string, { status, body }: HttpAnswer): NexusError {
  const { code, message, hint } = parseRefusal(body) ?? {
    code: '',
    message: `status ${status}, expected 200`,
  };
  return new NexusError(
    knownCodes.includes(code) ? code : 'append-refused',
    `Cannot append to ledger ${quote(name)}: ${message}`,
    hint === undefined ? {} : { hint },
  );
}

function uncertain(name: string, cause: NexusError): NexusError {
  return new NexusError(
    'append-uncertain',
    `Cannot tell whether ledger ${quote(name)} has the record: ${cause.message}`,
    { cause, hint: 'Repeat when the server answers again: a record that is there is not added twice.' },
  );
}

/**
 * Whether the proof leads from the record to a checkpoint of the log.
 * @param open checks a checkpoint's signature @throws NexusError `bad-receipt`
 */
async function checkReceipt(
  record: SignedRecord,
  receipt: AppendReceipt | undefined,
  open: OpenNote,
  name: string,
): Promise<Receipt> {
  try {
    const { index, hashes, checkpoint } = parseTlogProof(receipt?.proof ?? '');
    const { size, root } = await open(checkpoint);
    const leaf = leafHash(formatLeaf(leafOfEnvelope(record, record.publicKey)));
    if (verifyInclusion({ index, size, root, leaf, proof: hashes }))
      return { cid: cidOfRaw(record.payload), index, size };
  } catch (cause) {
    if (cause instanceof NexusError && [policyUnmetCode, 'log-unreachable'].includes(cause.code)) throw cause;
    throw badReceipt(name, Object(cause).message, cause);
  }
  throw badReceipt(name, 'its proof does not lead from the record to the checkpoint');
}

/** All receipts of a request have the same checkpoint: its signature is checked once. */
function openingOnce(trust: LogTrust): OpenNote {
  const opened = new Map<string, Promise<Checkpoint>>();
  return (note) => {
    const opening = opened.get(note) ?? trust.open(Buffer.from(note));
    opened.set(note, opening);
    return opening;
  };
}

type OpenNote = (note: string) => Promise<Checkpoint>;

function badReceipt(name: string, reason: string, cause?: unknown): NexusError {
  return new NexusError('bad-receipt', `Cannot trust the receipt of ledger ${quote(name)}: ${reason}`, {
    cause,
    hint: 'The server is not the one whose verifier key you have, or does not keep the log as it must.',
  });
}

export interface OpenRemoteLedgerOptions extends HttpSourceOptions {
  /** The line of the log's `.pub` file, now or before a rotation. */
  readonly verifierKey: string;
  /** Witnesses that must have cosigned each checkpoint. @default none */
  readonly policy?: Policy | undefined;
}

/** Opens the ledger of a server. @throws NexusError `log-unreachable`, `no-ledger`, `ledger-damaged` */
export async function openRemoteLedger({
  verifierKey,
  policy,
  ...options
}: OpenRemoteLedgerOptions): Promise<Ledger> {
  const log = parseVerifierKey(verifierKey.trimEnd());
  const source = new HttpSource(options);
  const reader = new LedgerReader(source, log, { policy });
  const appender = new RemoteAppender(source, reader.trust, options);
  await reader.checkpoint();
  return Object.assign(ledgerOfReader(reader, log.name), {
    append: async (statement: Statement, signer: SigningKey, options?: AppendOptions) => {
      const payload = formatStatement(statement);
      const signature = signer.sign(preAuthEncoding(payload));
      return appender.append({ payload, signature, publicKey: signer.publicKey }, options);
    },
    appendSigned: (record: SignedRecord, options?: AppendOptions) => appender.append(record, options),
    checkPublishable: async () => {
      await reader.checkpoint();
    },
    flush: async () => {},
  } satisfies Omit<Ledger, keyof ReadOnlyLedger>);
}
