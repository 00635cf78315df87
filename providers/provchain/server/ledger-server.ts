/** `nexus ledger serve`: a ledger of a folder or a database, given out over HTTP, and to be appended to by some. */
import { NexusError } from '../../../model';
import type { LedgerPlace } from '../ledger-place';
import { parseVerifierKey } from '../note';
import { type OpenLedgerAtOptions, openLedgerAt, openLogSource } from '../open-ledger';
import { allowedKeyCountMax, LogAdmission } from './admission';
import { Appender, type AppenderLimits } from './appender';
import { CurrentLog } from './current-log';
import { type LedgerServer, serve } from './serve';

export interface ServeLedgerOptions extends OpenLedgerAtOptions {
  /** See listen.ts. */
  readonly listen: string;
  /** Public keys of deployers in hex, whose records are taken. */
  readonly allowed: readonly string[];
  /** Told of errors that a client sees as 500. */
  readonly onError: (error: unknown) => void;
  /** @default those of appender.ts */
  readonly limits?: AppenderLimits;
}

/** @throws NexusError `bad-listen`, `cannot-listen`, `ledger-damaged` */
export async function serveLedger(options: ServeLedgerOptions): Promise<LedgerServer> {
  const { place, allowed, limits, listen, onError } = options;
  if (allowed.length > allowedKeyCountMax) throw tooManyKeys(allowed.length);
  const ledger = await openLedgerAt(options);
  const { verifierKey } = ledger;
  const log = new CurrentLog(openLogSource({ place, verifierKey }), parseVerifierKey(verifierKey));
  const admission = new LogAdmission(log, allowed);
  const appender = new Appender({ ledger, log, admission, ...(limits && { limits }) });
  const server = await serve({ read: log.source.read.bind(log.source), appender, listen, onError });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await ledger.flush();
    },
  };
}

export interface ServeLogOptions {
  readonly place: LedgerPlace;
  /** The line of the log's `.pub` file. */
  readonly verifierKey: string;
  readonly listen: string;
  readonly onError: (error: unknown) => void;
}

/** The same, only to be read; the log's key is not needed. */
export async function serveLog({
  place,
  verifierKey,
  listen,
  onError,
}: ServeLogOptions): Promise<LedgerServer> {
  const log = new CurrentLog(openLogSource({ place, verifierKey }), parseVerifierKey(verifierKey.trimEnd()));
  await log.look();
  return serve({ read: log.source.read.bind(log.source), listen, onError });
}

function tooManyKeys(count: number): NexusError {
  return new NexusError(
    'too-many-keys',
    `Cannot serve the ledger for ${count} keys: expected at most ${allowedKeyCountMax}`,
    { hint: 'Name the deployers only: they introduce the keys of their nodes.' },
  );
}
