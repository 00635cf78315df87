/** Data source `nexus_ledger_entry`: one record, with all that proves it. */
import { defineDataSource, number, string } from '../../schema';
import { isCidText } from './_validators';

export const ledgerEntryData = defineDataSource({
  typeName: 'nexus_ledger_entry',
  description:
    'A record of the ledger, with its proof. The proof is checked when it is read, and can be checked again anywhere ' +
    'by the function `verify_proof`. A record that is not there is an error.',
  attributes: {
    cid: string({ description: 'CID of the record.', required: true, validate: [isCidText] }),
    kind: string({
      description: 'What the record speaks of: `artifact`, `release`, `deployment`, `boot`, `key` …',
      computed: true,
    }),
    index: number({ description: 'Place of the record in the log, from 0.', computed: true }),
    log_size: number({
      description: 'Number of records in the log that the proof leads to.',
      computed: true,
    }),
    statement: string({ description: 'The in-toto statement as JSON.', computed: true }),
    envelope: string({
      description: 'The record with its signature: a DSSE envelope as JSON.',
      computed: true,
    }),
    signer_key: string({
      description: 'The Ed25519 public key that signed the record, in hex.',
      computed: true,
    }),
    signer: string({
      description:
        'Whose key that is by the word of the deployer: `deployer`, `node NAME`, or `unknown` when nobody introduced it; after ' +
        '`void: ` when the key had been revoked or replaced before this entry, which then counts for nothing.',
      computed: true,
    }),
    proof: string({ description: 'The proof in the form of c2sp.org/tlog-proof.', computed: true }),
    log_key: string({ description: "The log's verifier key in one line.", computed: true }),
  },
});
