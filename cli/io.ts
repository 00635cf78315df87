import type { Environment } from '../providers/nexus';

/** What a verb sees of the machine. Bound to the real one in main.ts; tests give their own. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Sink;
  /** Progress, warnings and errors; never part of the result. */
  readonly err: Sink;
  readonly input: Input;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** The kernel's sources, the compiler, the host daemon's script, clock and randomness. */
  readonly environment: Environment;
  /** The files of a new repository. */
  readonly templateFolder: string;
}

/** Standard input: raw mode only where it is a terminal. */
export type Input = NodeJS.ReadableStream & {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
};

export interface Sink {
  write(text: string): unknown;
  /** Whether a person is looking: only then progress overwrites its line. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What the exit codes of `nexus` mean. */
export const exitCode = {
  /** Done, and what was checked holds. */
  ok: 0,
  /** The action failed. */
  failed: 1,
  /** The command line, or a file or folder that it names, is wrong: found before anything was done. */
  usage: 2,
  /** The action went well and its answer is no: a check does not hold, a node does not run as it should. */
  no: 3,
  /** Ended by Ctrl-C (128 + SIGINT). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Options that every verb takes; the last two only if it uses the ledger. */
export interface CommonOptions {
  readonly state?: string | undefined;
  readonly json?: boolean | undefined;
  readonly ledger?: string | undefined;
  readonly policy?: string | undefined;
}
