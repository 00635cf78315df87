/** `verify_proof`: a record of a ledger, checked without that ledger. */
import { isPublicKey, kindOf } from '../../../model';
import { defineFunction, number, object, string } from '../../../schema';
import { providerFunction } from '../../plugin';
import { parseEnvelope, parseTlogProof, parseVerifierKey, verifyRecord } from '../../provchain';

export const verifyProof = providerFunction(
  defineFunction({
    name: 'verify_proof',
    summary: 'Checks a record offline',
    description:
      'Checks that a record was signed by a key and stands in a log: its signature (DSSE), its inclusion (c2sp.org/' +
      "tlog-proof) and the log's signature over the tree. Needs no network, no ledger and no state folder. What does " +
      'not hold is an error, which `can(…)` turns into a condition. Which keys are to be trusted is for the caller ' +
      'to know: take both from where you trust, not from the record. `nexus_ledger_entry` gives all four arguments.',
    parameters: {
      envelope: string({ description: 'The record as a DSSE envelope in JSON.' }),
      signer_key: string({
        description: 'The Ed25519 public key, in hex, that must have signed the record.',
        validate: [isPublicKey],
      }),
      proof: string({ description: 'The proof in the form of c2sp.org/tlog-proof.' }),
      log_key: string({ description: "The log's verifier key in one line, from its `.pub` file." }),
    },
    returns: object({
      cid: string(),
      kind: string(),
      index: number(),
      log_size: number(),
      statement: string(),
    }),
  }),
  ({ envelope, signer_key, proof, log_key }) => {
    const signed = parseEnvelope(envelope);
    const evidence = {
      ...signed,
      publicKey: new Uint8Array(Buffer.from(signer_key, 'hex')),
      proof: parseTlogProof(proof),
    };
    const { cid, statement, index, checkpoint } = verifyRecord(evidence, parseVerifierKey(log_key.trimEnd()));
    const text = Buffer.from(signed.payload).toString('utf8');
    return { cid, kind: kindOf(statement), index, log_size: checkpoint.size, statement: text };
  },
);
