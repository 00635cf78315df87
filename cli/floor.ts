/** `nexus floor`: the lowest release of a name that may be deployed. It only rises. */
import { type Command, InvalidArgumentError } from 'commander';
import { type Cid, NexusError, parseCid, quote } from '../model';
import type { Client } from '../providers/nexus';
import type { Floor, PlacedRelease } from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { LedgerBook } from './ledger-book';
import { formatTable, printJson } from './output';
import { openState, stateFolder } from './state';
import { showControls } from './terminal-text';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';

interface Options extends CommonOptions {
  readonly reason?: string;
}

export function defineFloor(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('floor', 'the lowest release that may be deployed', [
    ['nexus floor', 'which floors stand'],
    ["nexus floor raise bafk… --reason 'CVE-2026-1'", 'nothing older than this release any more'],
    ['nexus log --kind release', 'which releases there are'],
  ])
    .argument('[action]', 'list or raise', parseAction, 'list')
    .argument('[cid]', "to raise: the release's CID")
    .option('--reason <text>', 'why, for the ledger and for whoever is refused')
    .action(async (action: Action, cid: string | undefined, options: Options) =>
      end(await actions[action](cid, options, withLedger(options, io))),
    );
}

const actions = { list, raise } as const;
type Action = keyof typeof actions;

function parseAction(text: string): Action {
  if (text === 'list' || text === 'raise') return text;
  throw new InvalidArgumentError('expected list or raise');
}

async function list(cid: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  if (cid !== undefined)
    throw new UsageError('bad-arguments', `Cannot list floor ${quote(cid)}: expected no CID`);
  const { floors } = await LedgerBook.open(stateFolder(options, io), io);
  const standing = floors
    .list()
    .filter(({ index, release }) => index === floors.floorOf(release.name)?.index);
  const listed = standing.map(describe);
  if (options.json) printJson(io.out, { floors: listed });
  else io.out.write(formatFloors(listed));
  return exitCode.ok;
}

function describe({ release, index, cid, reason, at }: Floor) {
  return {
    name: release.name,
    release: release.cid,
    releaseIndex: release.index,
    record: cid,
    index,
    reason: reason ?? null,
    at,
  };
}

function formatFloors(listed: readonly ReturnType<typeof describe>[]): string {
  if (listed.length === 0) return 'No floor stands: every release may be deployed.\n';
  const rows = listed.map(({ name, release, index, at, reason }) => [
    name,
    release,
    String(index),
    at,
    showControls(reason ?? ''),
  ]);
  return formatTable([['name', 'lowest release', 'by record', 'since', 'why'], ...rows]);
}

async function raise(text: string | undefined, options: Options, io: Io): Promise<ExitCode> {
  const target = await readingInput(() => readTarget(text, options));
  const client = await openState(stateFolder(options, io), io);
  const release = await findRelease(target, client);
  const before = (await client.judge()).floors.floorOf(release.name);
  if (before !== undefined && before.release.index > release.index) throw lower(release, before);
  const isThere = before?.release.cid === release.cid;
  const record = isThere ? before.cid : await recordFloor(release, options, client);
  if (options.json) printJson(io.out, { name: release.name, release: release.cid, record, raised: !isThere });
  else
    io.out.write(
      isThere
        ? `Release ${release.cid} is the lowest of "${release.name}" already.\n`
        : `Nothing of "${release.name}" that is older than release ${release.cid} may be deployed any more.\n`,
    );
  return exitCode.ok;
}

function readTarget(text: string | undefined, { reason = '' }: Options): Cid {
  if (text === undefined)
    throw new UsageError(
      'bad-arguments',
      'Cannot raise the floor: no CID given, expected that of a release',
      {
        hint: 'Run `nexus log --kind release` for the CIDs of releases.',
      },
    );
  if (reason.length > 1000)
    throw new UsageError(
      'bad-reason',
      'Cannot record the reason: it is too long, expected at most 1000 characters',
    );
  return parseCid(text);
}

async function findRelease(target: Cid, client: Client): Promise<PlacedRelease> {
  const release = (await client.judge()).floors.place(target);
  if (release !== undefined) return release;
  throw new UsageError(
    'not-a-release',
    `Cannot raise the floor to ${quote(target)}: the ledger has no such release of the deployer`,
    {
      hint: 'Run `nexus log --kind release` for the releases that there are.',
    },
  );
}

function lower(release: PlacedRelease, { release: lowest, index }: Floor): NexusError {
  return new NexusError(
    'lower-floor',
    `Cannot lower the floor of "${release.name}" to release "${release.cid}": record ${index} raised it to release "${lowest.cid}"`,
    { hint: 'A floor only rises. What an old release had right goes into a new one.' },
  );
}

async function recordFloor(
  { cid: release }: PlacedRelease,
  { reason }: Options,
  { record, environment }: Client,
): Promise<Cid> {
  const at = new Date(environment.clock()).toISOString();
  return record('floor', { release, ...(reason === undefined ? {} : { reason }), at });
}
