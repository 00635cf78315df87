/** `nexus witness`: cosigns the checkpoints of logs, each only if it extends the one before. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { formatError } from '../model';
import {
  formatCosignerKey,
  type NoteVerifier,
  openSigningKey,
  parsePolicy,
  parseVerifierKey,
  serveWitness,
  Witness,
} from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { stateFolder } from './state';
import { readingInput, UsageError } from './usage-error';
import { createVerb } from './verb';
import { count } from './words';

interface Options extends CommonOptions {
  readonly log?: readonly string[];
  readonly policy?: string;
  readonly listen: string;
}

export function defineWitness(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('witness', 'cosign the checkpoints of logs, so that none can show two histories', [
    ['nexus witness --log log.pub', 'cosigns that log, on http://127.0.0.1:8474/'],
    ['nexus witness --policy nexus.policy', 'cosigns the logs of a policy'],
    ['nexus witness --log log.pub --listen [::]:8474', 'is reached from elsewhere'],
  ])
    .option('--log <key...>', "logs' verifier keys, or files with them")
    .option('--policy <file>', 'a policy, of which the logs are taken')
    .option('--listen <place>', 'HOST:PORT, or unix:/PATH', '127.0.0.1:8474')
    .addHelpText('after', '\nIt prints its line for a policy when it is ready, and ends by Ctrl-C.')
    .action(async (options: Options) => end(await witness(options, io)));
}

async function witness(options: Options, io: Io): Promise<ExitCode> {
  const logs = await readLogs(options, io);
  const stateDir = stateFolder(options, io);
  const { clock, random } = io.environment;
  const keysFolder = join(stateDir, 'keys');
  const cosigner = await openSigningKey({ folder: keysFolder, role: 'witness', random });
  const server = await serveWitness({
    listen: options.listen,
    witness: await Witness.open({
      folder: join(stateDir, 'witness'),
      cosigner,
      logs,
      clock,
      report: (error) => io.err.write(`nexus: ${formatError(error)}\n`),
    }),
  });
  const { url } = server;
  if (options.json) {
    const origins = logs.map(({ name }) => name);
    io.out.write(`${JSON.stringify({ url, verifierKey: formatCosignerKey(cosigner), logs: origins })}\n`);
  } else {
    io.out.write(`witness ${shortName(cosigner.name)} ${formatCosignerKey(cosigner)} ${url}\n`);
    io.err.write(`Cosigns ${count(logs.length, 'log')}. The line above is its line in a policy.\n`);
  }
  await untilAborted(io.signal);
  await server.close();
  return exitCode.ok;
}

/** The part of the key's name that no other witness has. */
const shortName = (name: string): string => name.slice(name.indexOf('/') + 1);

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((end) => {
    if (signal.aborted) end();
    else signal.addEventListener('abort', () => end(), { once: true });
  });
}

async function readLogs({ log = [], policy }: Options, io: Io): Promise<readonly NoteVerifier[]> {
  return readingInput(async () => {
    const named = await Promise.all(log.map((text) => readLog(text, io)));
    const ofPolicy = policy === undefined ? [] : await readPolicyLogs(resolve(io.cwd, policy), policy);
    if (named.length + ofPolicy.length > 0) return [...named, ...ofPolicy];
    throw new UsageError(
      'no-log',
      'Cannot be a witness: no log is named, expected --log KEY or --policy FILE',
      {
        hint: "Give the line of the log's keys/log.pub.",
      },
    );
  });
}

/** The key itself, or a file with it. */
async function readLog(text: string, { cwd }: Io): Promise<NoteVerifier> {
  const path = resolve(cwd, text);
  return parseVerifierKey(existsSync(path) ? (await readFile(path, 'utf8')).trimEnd() : text);
}

async function readPolicyLogs(path: string, name: string): Promise<readonly NoteVerifier[]> {
  if (!existsSync(path))
    throw new UsageError('no-policy', `Cannot read policy "${name}": no such file`, {
      hint: 'Name a file in the form of https://c2sp.org/tlog-policy.',
    });
  return parsePolicy(await readFile(path), name).logs.map(({ verifier }) => verifier);
}
