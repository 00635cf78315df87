/** `nexus ledger`: where the ledger of a state folder is; `nexus ledger serve` gives it out over HTTP. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { formatError, NexusError, quote } from '../model';
import {
  formatLedgerPlace,
  type LedgerPlace,
  type LedgerServer,
  type OwnLedgerPlace,
  openLedgerReaderAt,
  parseKeyList,
  serveLedger,
  serveLog,
} from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { formatTable, printJson } from './output';
import { keysFolder, ledgerPlace, readDeployerKey, readLedgerPolicy, readLogKey, stateFolder } from './state';
import { untilAborted } from './until-aborted';
import { readingInput, UsageError } from './usage-error';
import { createLedgerVerb, withLedger } from './verb';

interface Options extends CommonOptions {
  readonly listen: string;
  readonly allow?: readonly string[];
  readonly readOnly?: boolean;
}

export function defineLedger(io: Io, end: (code: ExitCode) => void): Command {
  return createLedgerVerb('ledger', 'show where the ledger is, or serve it to other machines', [
    ['nexus ledger', 'which ledger this state folder uses'],
    ['nexus ledger serve --allow deployers.keys', 'takes records of these deployers'],
    ['nexus ledger serve --read-only --listen [::]:8473', 'is only read, from anywhere'],
  ])
    .argument('[action]', 'show or serve', parseAction, 'show')
    .option('--listen <place>', 'HOST:PORT, or unix:/PATH', '127.0.0.1:8473')
    .option('--allow <file...>', "files with deployers' public keys, one a line")
    .option('--read-only', 'take no records')
    .addHelpText('after', '\n`serve` prints its address when it is ready, and ends by Ctrl-C.')
    .action(async (action: Action, options: Options) =>
      end(await actions[action](options, withLedger(options, io))),
    );
}

const actions = { show, serve } as const;
type Action = keyof typeof actions;

function parseAction(text: string): Action {
  const action = (Object.keys(actions) as Action[]).find((name) => name === text);
  if (action !== undefined) return action;
  throw new InvalidArgumentError('expected show or serve');
}

async function show(options: Options, io: Io): Promise<ExitCode> {
  const stateDir = stateFolder(options, io);
  const place = await readingInput(() => ledgerPlace(stateDir, io));
  const verifierKey = await readLogKey(stateDir);
  const policy = await readLedgerPolicy(stateDir, place, io);
  const ledger = await openLedgerReaderAt({ place, verifierKey, policy, signal: io.signal });
  const { size, root } = await ledger.checkpoint();
  const facts = { ledger: formatLedgerPlace(place), origin: ledger.origin, size };
  const rootHex = Buffer.from(root).toString('hex');
  if (options.json) printJson(io.out, { ...facts, root: rootHex, verifierKey: ledger.verifierKey });
  else
    io.out.write(
      formatTable([
        ['ledger', facts.ledger],
        ['name', facts.origin],
        ['records', size.toLocaleString('en-US')],
        ['root', rootHex],
        ['key', ledger.verifierKey],
      ]),
    );
  return exitCode.ok;
}

async function serve(options: Options, io: Io): Promise<ExitCode> {
  const stateDir = stateFolder(options, io);
  const place = await readingInput(() => ledgerPlace(stateDir, io));
  if (place.kind === 'server') throw servedAlready(place);
  const server = await start(options, io, stateDir, place);
  if (options.json) io.out.write(`${JSON.stringify({ url: server.url })}\n`);
  else io.out.write(`${server.url}\n`);
  await untilAborted(io.signal);
  await server.close();
  return exitCode.ok;
}

async function start(
  { listen, allow = [], readOnly }: Options,
  io: Io,
  stateDir: string,
  place: OwnLedgerPlace,
): Promise<LedgerServer> {
  const onError = (error: unknown): void => {
    io.err.write(`nexus: ${formatError(error)}\n`);
  };
  if (readOnly) return serveLog({ place, verifierKey: await readLogKey(stateDir), listen, onError });
  const allowed = async (): Promise<readonly string[]> => {
    const own = await readDeployerKey(stateDir);
    const named = await readingInput(() =>
      Promise.all(allow.map(async (file) => parseKeyList(await readText(resolve(io.cwd, file))))),
    );
    return [...new Set([...(own === undefined ? [] : [own]), ...named.flat()])];
  };
  if ((await allowed()).length === 0) throw nobodyAllowed();
  const { clock, random } = io.environment;
  return serveLedger({ place, keysFolder: keysFolder(stateDir), clock, random, allowed, listen, onError });
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new NexusError('no-key-file', `Cannot read keys ${quote(path)}: ${cause.message}`, { cause });
  });
}

function servedAlready(place: LedgerPlace): UsageError {
  return new UsageError(
    'ledger-is-served',
    `Cannot serve ledger ${quote(formatLedgerPlace(place))}: a server has it already, expected a folder or a database`,
  );
}

function nobodyAllowed(): UsageError {
  return new UsageError(
    'nobody-allowed',
    'Cannot serve the ledger: no key is allowed to append, expected 1 or more',
    {
      hint: "Name the deployers' keys with --allow FILE, or only give the ledger out with --read-only.",
    },
  );
}
