/**
 * `nexus rollback`: the release of a stack is pinned to an older one, and Terraform brings every node to it. The pin
 * holds for later plans and deploys too; docs/decisions/0006 says why.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Cid, isKind, NexusError, parseCid, type Release } from '../model';
import { surveyNodes } from '../providers/deploy';
import type { Client } from '../providers/nexus';
import { checkDeployable } from '../providers/provchain';
import type { CommonOptions, ExitCode, Io } from './io';
import { nodesHere, proveOutcome } from './rollback-outcome';
import { findStack, readPin, type Stack, writePin } from './stack';
import { openState, stateFolder } from './state';
import { applyStack, checkInitialised, findTerraform } from './terraform';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';
import { shortCid } from './words';

interface Options extends CommonOptions {
  readonly clear?: boolean;
  readonly stack?: string;
  readonly out: string;
  readonly reason?: string;
}

export function defineRollback(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('rollback', 'bring a stack back to an older release', [
    ['nexus rollback bafk…', 'back to that release, and pinned to it'],
    ["nexus rollback bafk… --reason 'n-1 overheats'", 'the reason stands in the ledger'],
    ['nexus rollback --clear', 'forward again, to what the code describes'],
    ['nexus log --kind release', 'which releases there are'],
  ])
    .argument('[cid]', "the release's CID")
    .option('--clear', 'remove the pin, so that the stack follows its code again')
    .option('--stack <name>', 'the stack, where there are several')
    .option('--out <folder>', "the CDK's output folder", 'cdktf.out')
    .option('--reason <text>', 'why, for the ledger')
    .addHelpText('after', '\nThe state folder is the one that the stack works in.')
    .action(async (cid: string | undefined, options: Options) =>
      end(await rollback(cid, options, withLedger(options, io))),
    );
}

/** What a rollback works with. */
interface Rolling {
  readonly stack: Stack;
  readonly terraform: string;
  readonly client: Client;
  readonly options: Options;
  readonly io: Io;
}

async function rollback(text: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const [target, stack, terraform] = await readingInput(() => readInput(text, options, io));
  const rolling = { stack, terraform, client: await openState(stack.stateDir, io), options, io };
  return target === undefined ? clear(rolling) : rollBackTo(target, rolling);
}

function readInput(text: string | undefined, options: Options, io: Io): [Cid | undefined, Stack, string] {
  if ((text === undefined) !== (options.clear === true)) throw oneOfTwo(text);
  if ((options.reason?.length ?? 0) > reasonMax) throw longReason();
  const target = text === undefined ? undefined : parseCid(text);
  const stack = findStack(resolve(io.cwd, options.out), options.stack);
  checkState(stack, options, io);
  checkInitialised(stack, io);
  return [target, stack, findTerraform(io)];
}

const reasonMax = 1000;

function oneOfTwo(text: string | undefined): UsageError {
  const both = text === undefined ? 'neither a CID nor --clear' : 'a CID and --clear';
  return new UsageError('bad-arguments', `Cannot roll back: ${both} given, expected one of the two`, {
    hint: 'Run `nexus log --kind release` for the CIDs of releases.',
  });
}

function longReason(): UsageError {
  return new UsageError(
    'bad-reason',
    `Cannot record the reason: it is too long, expected at most ${reasonMax} characters`,
  );
}

/** Terraform works in the stack's state folder whatever is said here. */
function checkState(stack: Stack, options: Options, io: Io): void {
  if (options.state === undefined || stateFolder(options, io) === stack.stateDir) return;
  throw new UsageError(
    'other-state',
    `Cannot use state folder "${options.state}": stack "${stack.name}" works in "${stack.stateDir}"`,
    {
      hint: 'Leave --state out.',
    },
  );
}

async function rollBackTo(target: Cid, rolling: Rolling): Promise<ExitCode> {
  const { stack, client, options, io } = rolling;
  checkPlaces(target, await findRelease(target, client), await nodesHere(stack), stack);
  await readingInput(async () => checkDeployable(target, (await client.judge()).floors, 'roll back to'));
  const before = await runningReleases(stack);
  const left = before.filter((release) => release !== target);
  if (left.length === 0 && before.length > 0)
    io.err.write(`The nodes run release ${shortCid(target)} already.\n`);
  const record = await recordRollback(left, target, options.reason, client);
  await writePin(stack, target);
  io.err.write(`Stack "${stack.name}" is pinned to release ${target}.\n`);
  await apply(
    rolling,
    `the pin stands: go on with \`nexus rollback ${target}\`, or take it away with \`nexus rollback --clear\``,
  );
  return proveOutcome({ target, before, record }, stack, options, io);
}

async function clear(rolling: Rolling): Promise<ExitCode> {
  const { stack, options, io } = rolling;
  const before = await runningReleases(stack);
  const pin = readPin(stack);
  await writePin(stack, undefined);
  io.err.write(
    pin === undefined
      ? `Stack "${stack.name}" had no pin; it follows its code.\n`
      : `Stack "${stack.name}" is no longer pinned to release ${pin}: it follows its code.\n`,
  );
  await apply(rolling, 'the pin is gone: go on with `nexus rollback --clear` or `cdktf deploy`');
  return proveOutcome({ target: undefined, before, record: undefined }, stack, options, io);
}

async function findRelease(target: Cid, client: Client): Promise<Release> {
  const found = await (await client.ledger()).find(target);
  if (found !== undefined && isKind(found.statement, 'release')) return found.statement.predicate;
  const reason =
    found === undefined
      ? 'the ledger has no such record'
      : `it is a ${found.statement.predicateType}, expected a release`;
  throw new UsageError('not-a-release', `Cannot roll back to "${target}": ${reason}`, {
    hint: 'Run `nexus log --kind release` for the releases that there are.',
  });
}

function checkPlaces(target: Cid, { placement }: Release, deployed: readonly string[], stack: Stack): void {
  const wanted = [...new Set([...stack.nodes, ...deployed])].sort();
  const missing = wanted.filter((node) => placement[node] === undefined);
  if (missing.length === 0) return;
  throw new UsageError(
    'not-placed',
    `Cannot roll back to "${target}": it does not say what runs on ${missing.join(', ')}, only on ${Object.keys(placement).join(', ')}`,
    {
      hint: `Remove ${missing.length === 1 ? 'that node' : 'those nodes'} from the program first, or choose a later release.`,
    },
  );
}

/** What the stack's nodes run now by the host's record, each release once. */
async function runningReleases({ stateDir, nodes }: Stack): Promise<Cid[]> {
  const { deployed } = await surveyNodes(stateDir);
  const here = deployed.filter(({ node }) => nodes.includes(node));
  return [...new Set(here.map(({ release }) => parseCid(release)))];
}

/** One record for each release that is left. */
async function recordRollback(
  left: readonly Cid[],
  to: Cid,
  reason: string | undefined,
  { environment, record }: Client,
): Promise<Cid | undefined> {
  const at = new Date(environment.clock()).toISOString();
  let cid: Cid | undefined;
  for (const from of left) {
    cid = await record('rollback', { from, to, ...(reason === undefined ? {} : { reason }), at });
  }
  return cid;
}

async function apply({ terraform, stack, io }: Rolling, howToGoOn: string): Promise<void> {
  try {
    await applyStack(terraform, stack, io);
  } catch (error) {
    const hint = `${howToGoOn[0]?.toUpperCase()}${howToGoOn.slice(1)}.`;
    if (io.signal.aborted)
      throw new NexusError('interrupted', 'Interrupted while Terraform was at work', { hint });
    if (!(error instanceof Error)) throw error;
    throw new NexusError('apply-failed', error.message, { hint, cause: error });
  }
}
