/**
 * A process that reads a ledger without end, for ledger-readers.test.ts: all entries, then finds and proves the last. It
 * says `read <size>` after each round, or `failed <error>` and ends.
 */
import { openLedgerReader } from '../../providers/provchain';

export async function main(folder: string, verifierKey: string): Promise<void> {
  try {
    for (;;) {
      const ledger = await openLedgerReader({ folder, verifierKey });
      let last: { cid: Parameters<typeof ledger.find>[0]; index: number } | undefined;
      for await (const entry of ledger.entries()) last = entry;
      if (last !== undefined) {
        const [found, proof] = [await ledger.find(last.cid), await ledger.prove(last.cid)];
        if (found?.index !== last.index || proof?.index !== last.index)
          throw new Error(`entry ${last.index} is not found, or not proved`);
      }
      console.log(`read ${last === undefined ? 0 : last.index + 1}`);
    }
  } catch (error) {
    console.log(`failed ${String(error)}`);
  }
}
