/** `nexus ledger serve`: a ledger of a folder or a database, given out over HTTP, and to be appended to by some. */

import { parseVerifierKey } from '../formats/note';
import type { LedgerPlace } from '../log/ledger-place';
import { openLogSource } from '../log/open-ledger';
import { Appender, type AppenderLimits } from './appender';
import { CurrentLog } from './current-log';
import { LiveSite, type LiveSiteOptions } from './live-site';
import { type LedgerServer, serve } from './serve';

export interface ServeLedgerOptions extends LiveSiteOptions {
  /** See listen.ts. */
  readonly listen: string;
  /** Told of errors that a client sees as 500, and of what is wrong with a file that was changed meanwhile. */
  readonly onError: (error: unknown) => void;
  /** @default those of appender.ts */
  readonly limits?: AppenderLimits;
}

/** @throws NexusError `bad-listen`, `cannot-listen`, `ledger-damaged` */
export async function serveLedger(options: ServeLedgerOptions): Promise<LedgerServer> {
  const { limits, listen, onError } = options;
  const site = await LiveSite.open(options);
  const { source } = site.log;
  const appender = new Appender({ look: () => site.look(), ...(limits && { limits }) });
  const server = await serve({ read: source.read.bind(source), appender, listen, onError });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await (await site.look()).ledger.flush();
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
