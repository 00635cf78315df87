/** `nexus audit`: the ledger rebuilt from its entries, and said in words what was checked and what held. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { type AuditReport, auditLedgerAt, type LedgerPlace, parseLedgerPlace } from '../providers/provchain';
import { type Check, formatChecks } from './check';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { createMeter } from './meter';
import { formatDuration, printJson } from './output';
import { createProgress } from './progress';
import { ledgerPlace, readLedgerPolicy, readLogKey, readVerifierKey, stateFolder } from './state';
import { readingInput } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';
import { chooseKey, gather, readVerifiers } from './verifier-keys';
import { describeAudit } from './verify-ledger';
import { verifyTiled } from './verify-tiled';
import { count } from './words';

interface Options extends CommonOptions {
  readonly vkey?: readonly string[];
  readonly signatures: boolean;
}

export function defineAudit(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('audit', 'rebuild the ledger from its entries', [
    ['nexus audit', 'the ledger of the state folder'],
    ['nexus audit --ledger copy/ledger --vkey log.pub', 'a copy, with a key kept elsewhere'],
    ['nexus audit --ledger https://log.example --vkey KEY', 'what a log gives out'],
  ])
    .option('--vkey <key>', "the log's verifier key, or a file with it; may be repeated", gather)
    .option('--no-signatures', 'do not check who signed each record, only that the log has it')
    .addHelpText('after', '\nExit code 3: something does not hold.')
    .action(async (options: Options) => end(await audit(options, withLedger(options, io))));
}

async function audit(options: Options, io: Io): Promise<ExitCode> {
  const progress = createProgress(io.err, options.json === true);
  const { ledger } = options;
  try {
    const place =
      ledger === undefined
        ? ledgerPlace(stateFolder(options, io), io)
        : await readingInput(() => parseLedgerPlace(ledger, io.cwd));
    if (place.kind !== 'server') return await auditPlace(place, options, io, progress);
    const own = ledger === undefined ? [await readLogKey(stateFolder(options, io))] : [];
    const verifiers = await readVerifiers(options.vkey ?? own, io.cwd);
    return say(
      await verifyTiled(place.url, verifiers, { policy: options.policy }, io, progress),
      {},
      '',
      options,
      io,
    );
  } finally {
    progress.clear();
  }
}

async function auditPlace(
  place: LedgerPlace,
  options: Options,
  io: Io,
  progress: ReturnType<typeof createProgress>,
): Promise<ExitCode> {
  const { clock } = io.environment;
  const policy = await readLedgerPolicy(stateFolder(options, io), place, io);
  const startMs = clock();
  const report = await auditLedgerAt(
    { place, verifierKey: await findKey(place, options, io) },
    {
      signatures: options.signatures,
      policy,
      onProgress: createMeter(progress, clock),
      signal: io.signal,
    },
  );
  progress.clear();
  const timeMs = clock() - startMs;
  const checks = describeAudit(report, options.signatures);
  return say(checks, { ...report, timeMs }, closingOf(report, timeMs), options, io);
}

async function findKey(place: LedgerPlace, options: Options, io: Io): Promise<string> {
  const given = await readVerifiers(options.vkey ?? [], io.cwd);
  if (place.kind !== 'folder') return chooseKey(given, undefined) ?? readLogKey(stateFolder(options, io));
  const { folder } = place;
  const checkpoint = join(folder, 'checkpoint');
  const chosen = chooseKey(given, existsSync(checkpoint) ? readFileSync(checkpoint) : undefined);
  return (
    chosen ??
    readVerifierKey(options.ledger === undefined ? stateFolder(options, io) : dirname(folder), folder)
  );
}

function closingOf({ size, root, findings }: AuditReport, timeMs: number): string {
  const took = `${count(size, 'record')} in ${formatDuration(timeMs)}`;
  if (findings.length > 0 || root === undefined) return `\nAudited ${took}: not as the log has signed it.\n`;
  return `\nRebuilt the root of ${took}: it is the one that the log has signed.\n  ${root}\n`;
}

function say(checks: readonly Check[], details: object, closing: string, options: Options, io: Io): ExitCode {
  const holds = checks.every(({ ok }) => ok);
  if (options.json) printJson(io.out, { checks, ...details, holds });
  else io.out.write(`${formatChecks(checks)}${closing}`);
  return holds ? exitCode.ok : exitCode.no;
}
