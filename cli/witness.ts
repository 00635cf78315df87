/** `nexus witness`: cosigns the checkpoints of logs, each only if it extends the one before. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { formatError } from '../model';
import {
  formatCosignerKey,
  type NoteVerifier,
  openSigningKey,
  parseListen,
  serveWitness,
  Witness,
} from '../providers/provchain';
import { type CommonOptions, type ExitCode, exitCode, type Io } from './io';
import { stateFolder } from './state';
import { untilAborted } from './until-aborted';
import { readingInput, UsageError } from './usage-error';
import { createVerb } from './verb';
import { gather, readPolicy, readVerifiers } from './verifier-keys';
import { count } from './words';

interface Options extends CommonOptions {
  readonly log?: readonly string[];
  readonly policy?: string;
  readonly listen: string;
}

export function defineWitness(io: Io, end: (code: ExitCode) => void): Command {
  return createVerb('witness', 'cosign the checkpoints of logs, so that none can show two histories', [
    ['nexus witness --log log.pub', 'cosigns that log for this machine'],
    ['nexus witness --policy nexus.policy', 'cosigns the logs of a policy'],
    ['nexus witness --log log.pub --listen [::]:8474', 'is reached from elsewhere'],
  ])
    .option('--log <key>', "a log's verifier key, or a file with it; may be repeated", gather)
    .option('--policy <file>', 'a policy, of which the logs are taken')
    .option('--listen <place>', 'HOST:PORT, or unix:/PATH', '127.0.0.1:8474')
    .addHelpText('after', '\nIt prints its line for a policy when it is ready, and ends by Ctrl-C.')
    .action(async (options: Options) => end(await witness(options, io)));
}

async function witness(options: Options, io: Io): Promise<ExitCode> {
  const logs = await readLogs(options, io);
  await readingInput(() => parseListen(options.listen));
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

/** @throws UsageError */
async function readLogs({ log = [], policy }: Options, { cwd }: Io): Promise<readonly NoteVerifier[]> {
  const ofPolicy = policy === undefined ? [] : (await readPolicy(policy, cwd)).logs;
  const logs = [...(await readVerifiers(log, cwd)), ...ofPolicy.map(({ verifier }) => verifier)];
  if (logs.length > 0) return logs;
  throw new UsageError(
    'no-log',
    'Cannot be a witness: no log is named, expected --log KEY or --policy FILE',
    {
      hint: "Give the line of the log's keys/log.pub.",
    },
  );
}
