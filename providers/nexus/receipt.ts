/**
 * Receipts: the CIDs of ledger records that Terraform's state holds. A ledger that was replaced, or set back from an
 * old copy, lacks records that the state believes in; what lost its record is to be recorded again.
 */
import { parseCid } from '../../model';
import type { Context } from '../plugin';
import type { Client } from './client';

/**
 * The receipt while the ledger proves it, else null with a warning. A ledger that is damaged is no matter of one
 * record and is an error that names the file.
 * @param what of which thing the record speaks, e.g. `the boot of node "n-0"`
 */
export async function checkReceipt(
  cid: string | null,
  what: string,
  { client, warn }: Pick<Context<Client>, 'client' | 'warn'>,
): Promise<string | null> {
  if (cid === null || (await isProved(cid, client))) return cid;
  warn(
    `The ledger has no record of ${what} any more`,
    `Record ${cid} is in the state and not in the ledger, which was replaced or set back to an older copy. Restore ` +
      'the newest copy of the ledger if there is one; otherwise the next apply records it again.',
  );
  return null;
}

/** The proof leads from the record to the root that the log has signed; its reader checks each hash on the way. */
export async function isProved(cid: string, client: Client): Promise<boolean> {
  return (await (await client.ledger()).prove(parseCid(cid))) !== undefined;
}
