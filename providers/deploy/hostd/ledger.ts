/** How intervals of heartbeats get into the ledger of a state folder: signed by the deployer. */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { createStatement } from '../../../model';
import { openLedger, openSigningKey } from '../../provchain';
import type { AppendInterval } from './heartbeats';

/** Opens the ledger anew for each interval: it is written once a minute, and others write it too. */
export function appendToLedger(stateDir: string): AppendInterval {
  const [folder, keysFolder] = [join(resolve(stateDir), 'ledger'), join(resolve(stateDir), 'keys')];
  const random = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));
  return async (interval) => {
    const ledger = await openLedger({ folder, keysFolder, clock: Date.now });
    const deployer = await openSigningKey({ folder: keysFolder, role: 'deployer', random });
    await ledger.append(createStatement('heartbeat-interval', interval), deployer);
  };
}
