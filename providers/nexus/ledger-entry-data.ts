/** Data source `nexus_ledger_entry`: a record with its proof, which is checked before it is given out. */
import { type Cid, kindOf, ledgerEntryData, NexusError, parseCid, quote } from '../../model';
import { pluginFor } from '../plugin';
import {
  formatEnvelope,
  formatTlogProof,
  type LedgerEntry,
  parseVerifierKey,
  signerKey,
  verifyRecord,
} from '../provchain';
import { blaming } from './_blame';
import type { Client } from './client';

const { dataSource } = pluginFor<Client>();

export const ledgerEntry = dataSource(ledgerEntryData, {
  async read({ cid }, { client }) {
    const ledger = await client.ledger();
    const { entry, proof } = await blaming('cid', async () => {
      const found = await findCounting(parseCid(cid), client);
      const proved = found === undefined ? undefined : await ledger.prove(found.cid, found.index);
      if (found === undefined || proved === undefined) throw unknownRecord(cid);
      return { entry: found, proof: proved };
    });
    const { envelope, publicKey, statement, index } = entry;
    verifyRecord({ ...envelope, publicKey, proof }, parseVerifierKey(ledger.verifierKey));
    return {
      cid,
      kind: kindOf(statement),
      index,
      log_size: proof.size,
      statement: Buffer.from(envelope.payload).toString('utf8'),
      envelope: formatEnvelope(envelope),
      signer_key: signerKey(entry),
      signer: await signerOf(entry, client),
      proof: formatTlogProof(proof),
      log_key: ledger.verifierKey,
    };
  },
});

/** Of several entries, of several signers, the first that counts. */
async function findCounting(cid: Cid, client: Client): Promise<LedgerEntry | undefined> {
  const found = await (await client.ledger()).findAll(cid);
  if (found.length < 2) return found[0];
  const { authority } = await client.judge();
  return found.find((entry) => authority.standingOf(entry)?.counts !== false) ?? found[0];
}

async function signerOf(entry: LedgerEntry, client: Client): Promise<string> {
  const standing = (await client.judge()).authority.standingOf(entry);
  if (standing === undefined) return 'unknown';
  const { role, name, counts } = standing;
  const holder = role === name ? role : `${role} ${name}`;
  return counts ? holder : `void: ${holder}`;
}

function unknownRecord(cid: string): NexusError {
  return new NexusError('unknown-record', `Cannot find record ${quote(cid)}: the ledger has no such record`, {
    hint: 'Take the CID of a record from `nexus log`.',
  });
}
