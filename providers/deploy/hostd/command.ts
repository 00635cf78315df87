/** The daemon as a program: `node SCRIPT hostd --state DIR [--ledger-interval-ms N] [--site NAME]`. */
import { parseArgs } from 'node:util';
import { checkName, NexusError } from '../../../model';
import { runHostd } from './daemon';
import type { AppendInterval } from './heartbeats';

/**
 * Runs the daemon until it is told to end (SIGTERM, SIGINT) or has no node left.
 * @param commandArguments what follows the word `hostd`
 * @param appendTo how an interval gets into the ledger of a state folder
 */
export async function runHostdCommand(
  commandArguments: readonly string[],
  appendTo: (stateDir: string) => AppendInterval,
): Promise<void> {
  const { stateDir, ledgerIntervalMs, site } = parseHostdArguments(commandArguments);
  const ending = new AbortController();
  const end = (): void => ending.abort();
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  // The terminal that the caller was started from may close.
  process.on('SIGHUP', () => undefined);
  const interval = ledgerIntervalMs === undefined ? {} : { ledgerIntervalMs };
  await runHostd({ stateDir, append: appendTo(stateDir), signal: ending.signal, site, ...interval });
}

/** @throws NexusError `bad-arguments` */
export function parseHostdArguments(commandArguments: readonly string[]): {
  readonly stateDir: string;
  readonly ledgerIntervalMs: number | undefined;
  readonly site: string;
} {
  const { values } = parseArgs({
    args: [...commandArguments],
    options: {
      state: { type: 'string' },
      'ledger-interval-ms': { type: 'string' },
      site: { type: 'string', default: 'local' },
    },
  });
  const interval = values['ledger-interval-ms'];
  if (values.state === undefined) throw badArguments('no --state, expected the state folder');
  if (interval !== undefined && !/^[1-9]\d{0,8}$/.test(interval))
    throw badArguments(`--ledger-interval-ms ${JSON.stringify(interval)}, expected milliseconds`);
  const ledgerIntervalMs = interval === undefined ? undefined : Number(interval);
  return { stateDir: values.state, ledgerIntervalMs, site: checkName('site', values.site) };
}

function badArguments(reason: string): NexusError {
  return new NexusError('bad-arguments', `Cannot run the host daemon: ${reason}`);
}
