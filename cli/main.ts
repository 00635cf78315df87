/**
 * The program `nexus`. A verb that needs the host daemon starts this file again with `hostd --state DIR`.
 */
import { join } from 'node:path';
import { formatError } from '../model';
import { appendToLedger, runHostdCommand } from '../providers/deploy';
import { machineEnvironment } from '../providers/nexus';
import { exitCode, type Io } from './io';
import { run } from './run';

/** The kernel's sources stand beside the program, with the provider that compiles them too. */
const environment = machineEnvironment({
  kernelFolder: join(__dirname, 'provider', 'kernel'),
  hostdEntry: __filename,
});

async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === 'hostd') {
    await runHostdCommand(rest, appendToLedger);
    return exitCode.ok;
  }
  process.stdout.on('error', endQuietlyOnClosedPipe);
  return run(argv, machineIo());
}

function machineIo(): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    out: process.stdout,
    err: process.stderr,
    get input() {
      return process.stdin;
    },
    signal: abortOnSignals(),
    environment,
    templateFolder: join(__dirname, 'template'),
  };
}

/** The first Ctrl-C asks for an orderly end, the second one ends at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (controller.signal.aborted) process.exit(exitCode.interrupted);
    controller.abort();
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  return controller.signal;
}

/** `nexus log | head` has read enough: that is no error. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(exitCode.ok);
  throw error;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`nexus: ${formatError(error)}\n`);
    process.exitCode = exitCode.failed;
  },
);
