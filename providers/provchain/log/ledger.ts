/**
 * The ledger, opened. Any number of processes may have it open and append at once; none of them holds a lock.
 *
 *     const ledger = await openLedger({ folder: '.nexus/ledger', keysFolder: '.nexus/keys', clock: Date.now });
 *     const deployer = await openSigningKey({ folder: '.nexus/keys', role: 'deployer', random });
 *     const { cid } = await ledger.append(createStatement('release', …), deployer, { once: true });
 *     (await ledger.find(cid))?.statement
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type Cid, cidOfRaw, formatStatement, parseStatement, type Statement } from '../../../model';
import type { Checkpoint } from '../formats/checkpoint';
import { type Envelope, preAuthEncoding, verifyEnvelope } from '../formats/dsse';
import { formatLeaf, leafOfEnvelope } from '../formats/leaf';
import { formatVerifierKey, type NoteVerifier, parseVerifierKey } from '../formats/note';
import type { Policy } from '../formats/policy';
import { badSignature } from '../formats/tlog-proof';
import { openSigningKey, type Random, type SigningKey } from '../keys/key';
import { diskIndexFolder } from '../record-index/index-folder';
import { RecordIndex } from '../record-index/record-index';
import { diskFiles } from '../storage/files';
import { recover } from '../storage/flush';
import { FolderStorage } from '../storage/folder-storage';
import type { LogSource } from '../storage/storage';
import { openCosign } from '../witness/policy-file';
import { createLedger } from './create';
import { checkPublishable } from './publishable';
import {
  type EntryRange,
  type LedgerEntry,
  LedgerReader,
  type ReadOptions,
  type RecordProof,
} from './reader';
import { type Cosign, SettleMemory, type WriterContext } from './settle';
import { type AcceptedRecord, type AppendOptions, LedgerWriter, type Receipt } from './writer';

/** A record that someone else signed. */
export interface SignedRecord extends Envelope {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface ReadOnlyLedger {
  /** The log's name. */
  readonly origin: string;
  /** The key that checks its newest checkpoint, in one line: the one that it was opened with, or one that replaced it. */
  readonly verifierKey: string;
  /** The newest checkpoint. */
  checkpoint(): Promise<Checkpoint>;
  /** The first entry of a record, undefined when the ledger has none. */
  find(cid: Cid): Promise<LedgerEntry | undefined>;
  /** All entries of a record, in their order: one for each key that has signed it. */
  findAll(cid: Cid): Promise<readonly LedgerEntry[]>;
  /** All entries in their order, or those from one index up to another. */
  entries(range?: EntryRange): AsyncIterable<LedgerEntry>;
  /**
   * The proof that the record is in the ledger, undefined when it is not; `formatTlogProof` writes it.
   * @param at which of several entries of the record, by its index; the first one unless told
   */
  prove(cid: Cid, at?: number): Promise<RecordProof | undefined>;
}

export interface Ledger extends ReadOnlyLedger {
  /** Signs a statement and adds it; it cannot be lost once the receipt is there. */
  append(statement: Statement, signer: SigningKey, options?: AppendOptions): Promise<Receipt>;
  /** Adds a statement that a node has signed. @throws NexusError `bad-signature`, `bad-record` */
  appendSigned(record: SignedRecord, options?: AppendOptions): Promise<Receipt>;
  /**
   * Whether an append could be published now (publishable.ts); of a ledger behind a server only that it answers. For
   * who is about to do what an append is to record. @throws NexusError `policy-unmet`
   */
  checkPublishable(): Promise<void>;
  /**
   * Leaves the ledger so that whoever opens it next has nothing to do (flush.ts). Not needed for what was acknowledged,
   * and no end: it may be used on.
   */
  flush(): Promise<void>;
}

/** A ledger whose log's key is here, and no server in between. */
export interface OwnLedger extends Ledger {
  /** Adds a record that {@link acceptRecord} has checked. */
  appendAccepted(record: AcceptedRecord, options?: AppendOptions): Promise<Receipt>;
}

export interface OpenLedgerOptions {
  readonly folder: string;
  /** Has the log's key, `log.key`, which is made when missing, and its policy, `log.policy`, where it has one. */
  readonly keysFolder: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** @default the system's */
  readonly random?: Random;
  /** Cosigns each checkpoint before it is published (settle.ts). @default what the file `log.policy` says */
  readonly cosign?: Cosign;
}

/** Opens the ledger of a folder and makes it on first use, also when two processes do so at once. */
export async function openLedger({
  folder,
  keysFolder,
  clock,
  random = systemRandom,
  ...options
}: OpenLedgerOptions): Promise<OwnLedger> {
  const log = await openSigningKey({ folder: keysFolder, role: 'log', random });
  const cosign = options.cosign ?? (await openCosign(keysFolder, log));
  await createLedger({ folder, log, clock, random });
  const storage = new FolderStorage(diskFiles(folder), { clock, random });
  const index = new RecordIndex(diskIndexFolder(folder, { clock, random }));
  return startLedger({ storage, log, random, cosign, sleep: (timeMs) => sleepFor(timeMs, undefined) }, index);
}

const systemRandom: Random = (sizeBytes) => new Uint8Array(randomBytes(sizeBytes));

/** A ledger over any storage: finishes what a crash left undone, then is ready. */
export async function startLedger(world: WriterContext, index = new RecordIndex()): Promise<OwnLedger> {
  const context = { report: warn, ...world };
  const memory = new SettleMemory();
  await recover(context, memory);
  await context.storage.sweep();
  const writer = new LedgerWriter(context, index, memory);
  return {
    ...readLedger(context.storage, context.log, { index }),
    flush: () => writer.flush(),
    checkPublishable: () => checkPublishable(context, memory),
    append: async (statement, signer, options) => writer.append(signRecord(statement, signer), options),
    appendSigned: async (record, options) => writer.append(acceptRecord(record).accepted, options),
    appendAccepted: (record, options) => writer.append(record, options),
  };
}

const warn = (sentence: string): void => process.emitWarning(sentence, { code: 'ledger-mended' });

export interface OpenReaderOptions {
  readonly folder: string;
  /** The line of the log's `.pub` file. */
  readonly verifierKey: string;
  /** Witnesses that must have cosigned each checkpoint. @default none */
  readonly policy?: Policy | undefined;
}

/** Opens a ledger to read, without its key. @throws NexusError `no-ledger`, `ledger-damaged`, `policy-unmet` */
export async function openLedgerReader(options: OpenReaderOptions): Promise<ReadOnlyLedger> {
  const { folder, verifierKey, policy } = options;
  const index = new RecordIndex(diskIndexFolder(folder, undefined));
  const log = parseVerifierKey(verifierKey.trimEnd());
  const ledger = readLedger(openFolderSource(folder), log, { policy, index });
  await ledger.checkpoint();
  return ledger;
}

/** The files of a ledger's folder. */
export function openFolderSource(folder: string): LogSource {
  return new FolderStorage(diskFiles(folder), readOnly);
}

/** Names of drafts: a reader makes none. */
const readOnly = { clock: () => 0, random: systemRandom };

/** A ledger to read, over any source. */
export function readLedger(source: LogSource, log: NoteVerifier, options: ReadOptions = {}): ReadOnlyLedger {
  return ledgerOfReader(new LedgerReader(source, log, options), log.name);
}

/** What a reader gives to those who only read. */
export function ledgerOfReader(reader: LedgerReader, origin: string): ReadOnlyLedger {
  return {
    origin,
    get verifierKey() {
      return formatVerifierKey(reader.trust.verifier);
    },
    checkpoint: () => reader.checkpoint(),
    find: (cid) => reader.find(cid),
    findAll: (cid) => reader.findAll(cid),
    entries: (range) => reader.entries(range),
    prove: (cid, at) => reader.prove(cid, at),
  };
}

function signRecord(statement: Statement, signer: SigningKey): AcceptedRecord {
  const payload = formatStatement(statement);
  return recordOf({ payload, signature: signer.sign(preAuthEncoding(payload)), publicKey: signer.publicKey });
}

/** Checks what someone else has signed. @throws NexusError `bad-signature`, `bad-record` */
export function acceptRecord(record: SignedRecord): { statement: Statement; accepted: AcceptedRecord } {
  const statement = parseStatement(record.payload);
  if (verifyEnvelope(record, record.publicKey)) return { statement, accepted: recordOf(record) };
  throw badSignature(cidOfRaw(record.payload), record.publicKey);
}

function recordOf(record: SignedRecord): AcceptedRecord {
  const fields = leafOfEnvelope(record, record.publicKey);
  return { fields, leaf: formatLeaf(fields), payload: record.payload };
}
