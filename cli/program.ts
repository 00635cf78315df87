/** The command line as commander parses it: the verbs, what they share, and how its errors are said. */
import { Command } from 'commander';
import { factoryVersion, suggest } from '../model';
import { defineAudit } from './audit';
import { defineBuild } from './build';
import { defineConsole } from './console';
import { defineFloor } from './floor';
import { defineInit } from './init';
import type { ExitCode, Io } from './io';
import { defineKeys } from './keys';
import { defineLedger } from './ledger';
import { defineLog } from './log';
import { definePledge } from './pledge';
import { defineProve } from './prove';
import { defineRollback } from './rollback';
import { defineSearch } from './search';
import { defineStatus } from './status';
import { defineStore } from './store';
import { defineUpdate } from './update';
import { UsageError } from './usage-error';
import { defineVerify } from './verify';
import { defineWitness } from './witness';

/** A verb: its command, which tells its exit code to `end`. */
export type DefineVerb = (io: Io, end: (code: ExitCode) => void) => Command;

const verbs: readonly DefineVerb[] = [
  defineInit,
  defineBuild,
  defineUpdate,
  defineStatus,
  defineLog,
  defineVerify,
  defineProve,
  defineAudit,
  defineRollback,
  defineFloor,
  defineKeys,
  defineLedger,
  defineConsole,
  defineWitness,
  definePledge,
  defineStore,
  defineSearch,
];

const notes = `
Exit codes:
  0    done, and what was checked holds
  1    the action failed
  2    the command line or a file that it names is wrong
  3    the answer is no: a check does not hold, a node does not run as deployed
  130  ended by Ctrl-C

The state folder holds store, ledger, keys and nodes. It is --state DIR, else
the environment's NEXUS_STATE_DIR, else .nexus in the working folder. The ledger
is where NEXUS_LEDGER says (a folder, postgres://… or https://…), else where it
was last written to, else the folder ledger of the state folder.
`;

export function createProgram(io: Io, end: (code: ExitCode) => void): Command {
  const program = new Command('nexus')
    .description('Builds, watches, verifies and rolls back what Nexus deploys.')
    .version(factoryVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [verb]', 'print the help of a verb')
    .usage('<verb> [options]')
    .addHelpText('after', notes);
  for (const define of verbs) program.addCommand(define(io, end).addHelpText('after', commonNotes));
  program.on('command:*', ([word = '']: readonly string[]) => refuseVerb(word, program));
  for (const command of [program, ...program.commands]) bind(command, io);
  return program;
}

const commonNotes = '\nRun `nexus help` for the exit codes and the state folder.';

function refuseVerb(word: string, program: Command): never {
  const known = program.commands.map((command) => command.name());
  throw new UsageError(
    'unknown-verb',
    `Cannot run "${word}": no such verb, expected one of ${known.join(', ')}`,
    {
      hint: suggest(word, known),
    },
  );
}

/** Text goes to the caller's streams, and nothing ends the process. */
function bind(command: Command, { out, err }: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => out.write(text),
    writeErr: (text) => err.write(text),
    outputError: (text, write) => write(restyle(text, command)),
    getOutHelpWidth: () => out.columns ?? 80,
    getErrHelpWidth: () => err.columns ?? 80,
  });
}

/** Commander's `error: missing required argument 'node'` in the form of all our errors. */
function restyle(text: string, command: Command): string {
  const message = text.replace(/^error: /, '').trimEnd();
  const name = command.parent === null ? 'nexus' : `nexus ${command.name()}`;
  return `nexus: ${message}\n  hint: Run \`${name} --help\` for what it takes.\n`;
}
