/**
 * A process that appends to a ledger, for ledger.test.ts. It says `ready` when the ledger is open, and then for each
 * line on its standard input, a number, appends that record and says `appended <number> <cid> <index>` or
 * `failed <number> <error code>`.
 */
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { createStatement, NexusError, type Statement } from '../../model';
import { openLedgerAt, openSigningKey, parseLedgerPlace } from '../../providers/provchain';

/** Record number n. */
export function recordOf(number: number): Statement {
  const key = number.toString(16).padStart(64, '0');
  return createStatement('key', { role: 'node', name: `n${number}`, key });
}

/** @param place a folder, or what else parseLedgerPlace takes */
export async function main(place: string, keysFolder: string): Promise<void> {
  const random = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));
  const at = { place: parseLedgerPlace(place, '/'), keysFolder, clock: Date.now, random };
  const ledger = await openLedgerAt(at);
  const signer = await openSigningKey({ folder: keysFolder, role: 'deployer', random });
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    const number = Number(line);
    try {
      // Odd records are appended plainly: the same one twice would show.
      const { cid, index } = await ledger.append(recordOf(number), signer, { once: number % 2 === 0 });
      console.log(`appended ${number} ${cid} ${index}`);
    } catch (error) {
      console.log(`failed ${number} ${error instanceof NexusError ? error.code : String(error)}`);
    }
  }
}
