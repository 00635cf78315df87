/** One call of `nexus`: from its arguments to its exit code. Errors are printed here and nowhere else. */
import { CommanderError } from 'commander';
import { formatError, NexusError } from '../model';
import { type ExitCode, exitCode, type Io } from './io';
import { createProgram } from './program';
import { UsageError } from './usage-error';

/** @param argv what follows the program's name */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = createProgram(io, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return fail(error, io);
  }
}

function fail(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (io.signal.aborted) return interrupted(error, io);
  io.err.write(`nexus: ${formatError(error)}\n`);
  return isInputError(error) ? exitCode.usage : exitCode.failed;
}

/** The state folder that was named, or left to its default, has no ledger or no key for it: found before all else. */
const missingInputs: readonly string[] = ['no-ledger', 'no-verifier-key'];

function isInputError(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof NexusError && missingInputs.includes(error.code));
}

/** Most of what an abort breaks off says nothing new; a verb that has left something behind says so itself. */
function interrupted(error: unknown, { err }: Io): ExitCode {
  const isTold = error instanceof NexusError && error.code === 'interrupted';
  err.write(`nexus: ${isTold ? formatError(error) : 'Interrupted'}\n`);
  return exitCode.interrupted;
}
