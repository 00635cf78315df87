/** `nexus prove`: a record and its proof in one file, for whoever has neither the ledger nor the network. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Cid, kindOf, NexusError, parseCid } from '../model';
import { writeDurably } from '../providers/durable';
import {
  formatHeartbeatProof,
  formatOfflineProof,
  formatSigstoreBundle,
  formatSigstoreTrustedRoot,
  type HeartbeatProof,
  type LedgerEntry,
  type NoteVerifier,
  type ReadOnlyLedger,
  type RecordEvidence,
  verifyHeartbeat,
  verifyRecord,
} from '../providers/provchain';
import { makeHeartbeatProof } from './heartbeat-proof';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import { printJson } from './output';
import { openLedgerAccess, stateFolder } from './state';
import { readingInput } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';
import { describeRecord } from './words';

const formats = ['tlog-proof', 'sigstore'] as const;

interface Options extends CommonOptions {
  readonly output?: string;
  readonly format: (typeof formats)[number];
  readonly trustedRoot?: string;
}

export function defineProve(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('prove', 'write a record and its proof to one file', [
    ['nexus prove bafk… -o boot.proof', 'the record and its proof in one file'],
    ['nexus verify boot.proof --vkey log.pub', 'checks it, on any machine'],
    ['nexus prove bafk… --format sigstore', "a bundle for Sigstore's tools"],
  ])
    .argument('<cid>', 'the record, as `nexus log` shows it')
    .option('-o, --output <file>', 'write to this file, whole or not at all; else to standard output')
    .addOption(new Option('--format <format>', 'what is written').choices(formats).default(formats[0]))
    .option('--trusted-root <file>', "also write the log's trusted root, as Sigstore's tools take it")
    .action(async (cid: string, options: Options) => end(await prove(cid, options, withLedger(options, io))));
}

async function prove(word: string, options: Options, io: Io): Promise<ExitCode> {
  const cid = await readingInput(() => parseCid(word));
  const stateDir = stateFolder(options, io);
  const { ledger, log } = await openLedgerAccess(stateDir, io);
  const entry = await findCounting(cid, ledger, stateDir, io);
  const heartbeat = entry === undefined ? await makeHeartbeatProof(cid, stateDir, ledger) : undefined;
  if (heartbeat !== undefined) return writeHeartbeat(cid, heartbeat, log, options, io);
  const proof = await ledger.prove(cid, entry?.index);
  if (entry === undefined || proof === undefined) throw unknownRecord(cid);
  const evidence = { ...entry.envelope, publicKey: entry.publicKey, proof };
  // What this writes holds, or it writes nothing.
  verifyRecord(evidence, log);
  const text = await write(evidence, log, options, io);
  if (options.json) printJson(io.out, { ...describeProof(entry, proof.size, options), proof: text });
  else if (options.output !== undefined) io.err.write(`${saysWhat(entry, proof.size, options.output)}\n`);
  return exitCode.ok;
}

/** Of several entries, of several signers, the first that counts; whose word counts is asked only then. */
async function findCounting(
  cid: Cid,
  ledger: ReadOnlyLedger,
  stateDir: string,
  io: Io,
): Promise<LedgerEntry | undefined> {
  const found = await ledger.findAll(cid);
  if (found.length < 2) return found[0];
  const book = await LedgerBook.open(stateDir, io);
  return found.find((entry) => book.voidness(entry) === undefined) ?? found[0];
}

/** A heartbeat has no entry of its own: the way to its interval's root comes first. */
async function writeHeartbeat(
  cid: Cid,
  proof: HeartbeatProof,
  log: NoteVerifier,
  { output, json }: Options,
  io: Io,
): Promise<ExitCode> {
  const { record, interval } = verifyHeartbeat(proof, log);
  const text = formatHeartbeatProof(proof);
  if (output !== undefined) await writeDurably(resolve(io.cwd, output), text, { mode: 0o644 });
  const { index } = record;
  if (json)
    printJson(io.out, {
      cid,
      index,
      size: record.checkpoint.size,
      kind: 'heartbeat',
      output: output ?? null,
      proof: text,
    });
  else if (output === undefined) io.out.write(text);
  else
    io.err.write(
      `Wrote "${output}": heartbeat ${proof.index} of ${interval.count} of the interval in entry ${index}.\n`,
    );
  return exitCode.ok;
}

async function write(evidence: RecordEvidence, log: NoteVerifier, options: Options, io: Io): Promise<string> {
  const { format, output, trustedRoot, json } = options;
  const text =
    format === 'sigstore' ? `${formatSigstoreBundle(evidence, log)}\n` : formatOfflineProof(evidence);
  if (trustedRoot !== undefined)
    await writeDurably(resolve(io.cwd, trustedRoot), `${formatSigstoreTrustedRoot(log)}\n`, { mode: 0o644 });
  if (output !== undefined) await writeDurably(resolve(io.cwd, output), text, { mode: 0o644 });
  else if (json !== true) io.out.write(text);
  return text;
}

function describeProof({ cid, index, statement }: LedgerEntry, size: number, { format, output }: Options) {
  return { cid, index, size, kind: kindOf(statement), format, output: output ?? null };
}

function saysWhat({ index, statement }: LedgerEntry, size: number, file: string): string {
  return `Wrote "${file}": the ${kindOf(statement)} record "${describeRecord(statement)}" is entry ${index} of ${size}.`;
}

function unknownRecord(cid: Cid): NexusError {
  return new NexusError('unknown-record', `Cannot prove record "${cid}": the ledger has no such one`, {
    hint: `It may be an image or a cell: \`nexus log --cid ${cid}\` shows the records that speak of it.`,
  });
}
