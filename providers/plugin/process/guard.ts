/**
 * Guards standard output and error: whatever a library writes there becomes a log line. After the handshake line
 * standard output belongs to no one, and a JSON line on standard error that is not hclog's can end Terraform.
 */
import type { Level } from '../log';

export interface Guarded {
  /** The real standard output, for the handshake line. @param failed runs if no one is left to read it */
  readonly writeOut: (text: string, failed: () => void) => void;
  /** The real standard error, for log lines. */
  readonly writeError: (text: string) => void;
}

/** Gets each line that anyone else writes. */
export type Report = (level: Level, text: string, stream: string) => void;

/**
 * Takes both streams of this process from the moment of the import, so that modules imported later cannot print
 * while they load. Lines wait until {@link Early.report} says where they go.
 * @param isProvider false in any process that Terraform did not start: there nothing is touched
 */
export function guardFromNow(isProvider: boolean): Early | undefined {
  if (!isProvider) return undefined;
  const waiting: Parameters<Report>[] = [];
  let report: Report = (...line) => waiting.push(line);
  const guarded = guardOutput((...line) => report(...line));
  return {
    ...guarded,
    report: (to) => {
      report = to;
      for (const line of waiting.splice(0)) to(...line);
    },
  };
}

export interface Early extends Guarded {
  readonly report: (to: Report) => void;
}

function guardOutput(report: Report): Guarded {
  const writeOut = capture(process.stdout, (line) => report('debug', line, 'stdout'));
  const writeError = capture(process.stderr, (line) => report('warn', line, 'stderr'));
  guardWarnings(report);
  return { writeOut, writeError: (text) => writeError(text, () => {}) };
}

function capture(stream: NodeJS.WriteStream, onLine: (line: string) => void): Guarded['writeOut'] {
  const write = stream.write.bind(stream);
  // A reader that went away must not end the process: there is work to finish and state to return.
  stream.on('error', () => {});
  let rest = '';
  const guarded = (chunk: Uint8Array | string, encoding?: unknown, callback?: unknown): boolean => {
    const lines = (rest + Buffer.from(chunk as string).toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
  stream.write = guarded as typeof stream.write;
  return (text, failed) => {
    write(text, (error) => {
      if (error) failed();
    });
  };
}

/** Node prints its own warnings past the stream's `write`. */
function guardWarnings(report: Report): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => report('debug', `${warning.name}: ${warning.message}`, 'node'));
}
