/** `nexus log`: the records of the ledger, the newest first, those that come, or one of them whole. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Cid, NexusError, parseCid, type RecordKind, recordKinds } from '../model';
import type { LedgerEntry } from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import type { LogFilter } from './log-filter';
import {
  createJsonLinesPrinter,
  createJsonPrinter,
  createTablePrinter,
  describeEntry,
  type LogPrinter,
} from './log-printer';
import { follow, type Walk, walkBack, walkOn } from './log-walk';
import { formatTable, printJson } from './output';
import { openLedgerAccess, stateFolder } from './state';
import { showControls } from './terminal-text';
import { readingInput } from './usage-error';
import { createLedgerVerb, parseCount, withLedger } from './verb';
import { count } from './words';

interface Options extends CommonOptions {
  readonly kind?: RecordKind;
  readonly node?: string;
  readonly cid?: string;
  readonly release?: string;
  readonly since?: number;
  readonly until?: number;
  readonly count?: number;
  readonly reverse?: boolean;
  readonly follow?: boolean;
}

export function defineLog(io: Io, end: (code: ExitCode) => void): Command {
  const parseTime = (text: string): number => parseTimeMs(text, io.environment.clock());
  return createLedgerVerb('log', 'show the records of the ledger, the newest first', [
    ['nexus log --kind release', 'what a `nexus rollback` can go back to'],
    ['nexus log --node n-0 -n 5', 'the last five records about a node'],
    ['nexus log --since 2h', 'what the last two hours brought'],
    ['nexus log --follow', 'the last ten, and then each one as it comes'],
    ['nexus log --cid bafk…', 'all records that speak of an image, a cell or a release'],
    ['nexus log bafk…', 'one record whole'],
  ])
    .argument('[cid]', 'show this record whole')
    .addOption(new Option('--kind <kind>', 'only records of this kind').choices(recordKinds))
    .option('--node <node>', 'only records about this node')
    .option('--cid <cid>', 'only records that speak of this CID')
    .option('--release <cid>', 'only this release, and what was done with it')
    .addOption(
      new Option('--since <time>', 'only records of this time or later: 90s, 15m, 2h, 3d, a date').argParser(
        parseTime,
      ),
    )
    .addOption(
      new Option('--until <time>', 'only records of this time or earlier')
        .argParser(parseTime)
        .conflicts('follow'),
    )
    .option('-n, --count <n>', 'at most so many records', parseCount)
    .addOption(new Option('--reverse', 'the oldest first').conflicts('follow'))
    .option('-f, --follow', 'show the last ten, then each record as it comes, until Ctrl-C')
    .action(async (cid: string | undefined, options: Options) =>
      end(await log(cid, options, withLedger(options, io))),
    );
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h` ago, a date or an instant (ISO 8601; without a zone it is UTC). */
function parseTimeMs(text: string, nowMs: number): number {
  const [, amount, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * (unitsMs[unit] ?? 0);
  const isInstant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  const hasZone = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text);
  const timeMs = isInstant ? Date.parse(hasZone ? text : `${text}Z`) : Number.NaN;
  if (!Number.isNaN(timeMs)) return timeMs;
  throw new InvalidArgumentError('expected a time like 2h, 2026-01-31 or 2026-01-31T12:00:00Z');
}

async function log(cid: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const [wanted, about, release] = await readingInput(() =>
    [cid, options.cid, options.release].map(parseIfGiven),
  );
  const stateDir = stateFolder(options, io);
  if (wanted !== undefined) return showOne(wanted, stateDir, options, io);
  const { ledger } = await openLedgerAccess(stateDir, io);
  const { kind, node, since: sinceMs, until: untilMs } = options;
  const filter: LogFilter = { kind, node, about, release, sinceMs, untilMs };
  const walk = { ledger, filter, clock: io.environment.clock, signal: io.signal };
  return options.follow ? showComing(walk, options, io) : showPast(walk, options, io);
}

const parseIfGiven = (text: string | undefined): Cid | undefined =>
  text === undefined ? text : parseCid(text);

async function showPast(walk: Walk, options: Options, io: Io): Promise<ExitCode> {
  const { size } = await walk.ledger.checkpoint();
  const printer = options.json ? createJsonPrinter(io.out) : createTablePrinter(io.out, size);
  if (options.reverse && options.count === undefined)
    for await (const entry of walkOn(walk, size)) printer.show(entry);
  else if (options.reverse)
    for (const entry of (await take(walkBack(walk, size), options.count)).reverse()) printer.show(entry);
  else await show(walkBack(walk, size), options.count, printer);
  printer.end();
  return exitCode.ok;
}

async function show(
  entries: AsyncGenerator<LedgerEntry>,
  countMax = Number.POSITIVE_INFINITY,
  printer: LogPrinter,
) {
  let shown = 0;
  for await (const entry of entries) {
    printer.show(entry);
    shown += 1;
    if (shown === countMax) return;
  }
}

async function take(entries: AsyncGenerator<LedgerEntry>, countMax = 0): Promise<LedgerEntry[]> {
  const taken: LedgerEntry[] = [];
  for await (const entry of entries) {
    taken.push(entry);
    if (taken.length === countMax) break;
  }
  return taken;
}

const followedCount = 10;

/** Ctrl-C is how it ends: with what was asked for done. */
async function showComing(walk: Walk, options: Options, io: Io): Promise<ExitCode> {
  const { size } = await walk.ledger.checkpoint();
  const printer = options.json ? createJsonLinesPrinter(io.out) : createTablePrinter(io.out, size);
  for (const entry of (await take(walkBack(walk, size), options.count ?? followedCount)).reverse())
    printer.show(entry);
  for await (const entry of follow(walk, size)) printer.show(entry);
  return exitCode.interrupted;
}

async function showOne(cid: Cid, stateDir: string, options: Options, io: Io): Promise<ExitCode> {
  const book = await LedgerBook.open(stateDir, io);
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
  const record = { ...describeEntry(entry), signedBy: book.signerOf(entry) };
  if (options.json) printJson(io.out, { record });
  else io.out.write(formatRecord(record));
  return exitCode.ok;
}

function formatRecord(record: ReturnType<typeof describeEntry> & { readonly signedBy: string }): string {
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
