/**
 * How intervals of heartbeats get into the ledger of a state folder. They are signed by the collector, a key of the
 * daemon's own that the deployer introduces: the daemon has neither a passphrase nor an agent, and speaks of nothing
 * else. The heartbeats themselves are kept first, so that whatever stands in the ledger could be proved.
 */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { cidOfStatement, createStatement } from '../../../model';
import { findLedgerPlace, openLedgerAt, openSigningKey, type SigningKey } from '../../provchain';
import { keepHeartbeats } from '../heartbeat-file';
import type { AppendInterval } from './heartbeats';

const random = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));

/** The key that the daemon of a state folder signs with, made at first use. */
export function openCollectorKey(stateDir: string): Promise<SigningKey> {
  return openSigningKey({ folder: join(resolve(stateDir), 'keys'), role: 'collector', random });
}

/** Opens the ledger anew for each interval: it is written once a minute, and others write it too. */
export function appendToLedger(stateDir: string): AppendInterval {
  const folder = resolve(stateDir);
  return async ({ interval, heartbeats }) => {
    const statement = createStatement('heartbeat-interval', interval);
    const toMs = new Date(interval.to).getTime();
    await keepHeartbeats(stateDir, { record: cidOfStatement(statement), toMs }, heartbeats);
    const place = findLedgerPlace({ stateDir: folder, baseFolder: folder });
    const ledger = await openLedgerAt({ place, keysFolder: join(folder, 'keys'), clock: Date.now, random });
    // Safe is enough: while witnesses are missing it waits in the log, and is not collected a second time.
    await ledger.append(statement, await openCollectorKey(stateDir), { published: false });
  };
}
