/** `nexus log`: the records of the ledger, the newest first, or one of them whole. */
import { type Command, Option } from 'commander';
import { type Cid, digestOfCid, kindOf, NexusError, parseCid, type RecordKind, recordKinds } from '../model';
import type { LedgerEntry, ReadOnlyLedger } from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import { formatTable, printJson } from './output';
import { openLedgerAccess, stateFolder } from './state';
import { showControls } from './terminal-text';
import { readingInput } from './usage-error';
import { createVerb, parseCount } from './verb';
import { count, describeRecord } from './words';

interface Options extends CommonOptions {
  readonly kind?: RecordKind;
  readonly node?: string;
  readonly cid?: string;
  readonly count?: number;
  readonly reverse?: boolean;
}

export function defineLog(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('log', 'show the records of the ledger, the newest first', [
    ['nexus log --kind release', 'what a `nexus rollback` can go back to'],
    ['nexus log --node n-0 -n 5', 'the last five records about a node'],
    ['nexus log --cid bafk…', 'all records that speak of an image, a cell or a release'],
    ['nexus log bafk…', 'one record whole'],
  ])
    .argument('[cid]', 'show this record whole')
    .addOption(new Option('--kind <kind>', 'only records of this kind').choices(recordKinds))
    .option('--node <node>', 'only records about this node')
    .option('--cid <cid>', 'only records that speak of this CID')
    .option('-n, --count <n>', 'at most so many records', parseCount)
    .option('--reverse', 'the oldest first')
    .action(async (cid: string | undefined, options: Options) => end(await log(cid, options, io)));
}

async function log(cid: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const [wanted, about] = await readingInput(() => [cid, options.cid].map(parseIfGiven));
  const stateDir = stateFolder(options, io);
  if (wanted !== undefined) return showOne(wanted, stateDir, options, io);
  const { ledger } = await openLedgerAccess(stateDir);
  const filter = filterOf(options, about);
  const entries = await collect(ledger, filter, options.count ?? Number.POSITIVE_INFINITY, io.signal);
  const ordered = options.reverse ? entries.toReversed() : entries;
  if (options.json) printJson(io.out, { records: ordered.map(describe) });
  else io.out.write(formatLog(ordered));
  return exitCode.ok;
}

const parseIfGiven = (text: string | undefined): Cid | undefined =>
  text === undefined ? text : parseCid(text);

type Filter = (entry: LedgerEntry) => boolean;

function filterOf({ kind, node }: Options, about: Cid | undefined): Filter {
  return (entry) =>
    (kind === undefined || kindOf(entry.statement) === kind) &&
    (node === undefined || speaksOfNode(entry, node)) &&
    (about === undefined || speaksOf(entry, about));
}

/** Whether a record's subject or one of its parties has that name. */
function speaksOfNode({ statement }: LedgerEntry, node: string): boolean {
  const { predicate, subject } = statement;
  if ('placement' in predicate) return node in predicate.placement;
  return subject.some(({ name }) => name === node) && !('kind' in predicate);
}

function speaksOf({ cid, statement, envelope }: LedgerEntry, about: Cid): boolean {
  const digest = Buffer.from(digestOfCid(about)).toString('hex');
  if (cid === about || statement.subject.some((subject) => subject.digest.sha256 === digest)) return true;
  return Buffer.from(envelope.payload).includes(about);
}

/** The newest first; no more of the ledger is read than is needed. */
async function collect(
  ledger: ReadOnlyLedger,
  filter: Filter,
  countMax: number,
  signal: AbortSignal,
): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  const { size } = await ledger.checkpoint();
  for (let to = size; to > 0 && found.length < countMax; ) {
    const from = Math.floor((to - 1) / bundleSize) * bundleSize;
    found.push(...(await readRange(ledger, from, to, signal)).filter(filter).reverse());
    to = from;
  }
  return found.slice(0, countMax);
}

/** Entries that the ledger keeps in one file. */
const bundleSize = 256;

async function readRange(
  ledger: ReadOnlyLedger,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of ledger.entries({ from, to, signal })) entries.push(entry);
  return entries;
}

function describe({ index, cid, statement, publicKey }: LedgerEntry) {
  return {
    index,
    cid,
    kind: kindOf(statement),
    about: describeRecord(statement),
    signer: Buffer.from(publicKey).toString('hex'),
    statement,
  };
}

function formatLog(entries: readonly LedgerEntry[]): string {
  if (entries.length === 0) return 'The ledger has no such record.\n';
  const rows = entries.map(({ index, cid, statement }) => [
    String(index),
    kindOf(statement),
    cid,
    showControls(describeRecord(statement)),
  ]);
  return formatTable([['index', 'kind', 'CID', 'what it says'], ...rows], ['right']);
}

async function showOne(cid: Cid, stateDir: string, options: Options, io: Io): Promise<ExitCode> {
  const book = await LedgerBook.open(stateDir, io.signal);
  const entry = book.find(cid);
  if (entry === undefined) {
    throw new NexusError(
      'unknown-record',
      `Cannot show record "${cid}": the ledger of ${count(book.size, 'record')} has no such one`,
      {
        hint: `It may be an image or a cell: \`nexus log --cid ${cid}\` shows the records that speak of it.`,
      },
    );
  }
  const record = { ...describe(entry), signedBy: book.signerOf(entry) };
  if (options.json) printJson(io.out, { record });
  else io.out.write(formatRecord(record));
  return exitCode.ok;
}

function formatRecord(record: ReturnType<typeof describe> & { readonly signedBy: string }): string {
  const { index, cid, kind, about, signer, signedBy, statement } = record;
  const head = formatTable([
    ['record', cid],
    ['index', String(index)],
    ['kind', kind],
    ['says', showControls(about)],
    ['signed by', signedBy],
    ['key', signer],
  ]);
  return `${head}\n${JSON.stringify(statement, undefined, 2)}\n`;
}
