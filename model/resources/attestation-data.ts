/** Data source `nexus_attestation`: what a node says of itself, asked now. */
import { bool, defineDataSource, list, map, object, string } from '../../schema';
import { isName } from './_validators';

export const attestationData = defineDataSource({
  typeName: 'nexus_attestation',
  description:
    'Asks a node for a boot record over a fresh nonce and holds it against what the ledger says was deployed on it. A ' +
    'node that is dead or runs something else is no error but `ok = false`, so that a `check` or a `postcondition` ' +
    'decides what that means. It is asked at each plan.',
  attributes: {
    node: string({ description: 'Name of the node.', required: true, validate: [isName('node')] }),
    ok: bool({
      description: 'Whether every check holds and no cell has come to an end against its will.',
      computed: true,
    }),
    status: string({
      description:
        'What the node was found to be: `running`, or what is wrong with it, as in `nexus_deployment`.',
      computed: true,
    }),
    detail: string({ description: 'The same in a sentence.', computed: true }),
    checks: list(
      object({
        name: string({ description: 'What was looked at.', computed: true }),
        ok: bool({ description: 'Whether it holds.', computed: true }),
        detail: string({ description: 'What holds, or what does not, in words.', computed: true }),
      }),
      { description: 'Each thing that was checked. Empty when the node gave no answer.', computed: true },
    ),
    release: string({
      description: 'CID of the release that the node says it runs.',
      computed: true,
      nullable: true,
    }),
    image_cid: string({
      description: 'CID of the image that the node measured.',
      computed: true,
      nullable: true,
    }),
    config_digest: string({
      description: "SHA-256 of the stable part of the node's configuration.",
      computed: true,
      nullable: true,
    }),
    public_key: string({
      description: 'The key that the ledger says the node has, in hex.',
      computed: true,
      nullable: true,
    }),
    epoch: string({ description: 'Count of boots, as decimal text.', computed: true, nullable: true }),
    nonce: string({ description: 'What the node was asked with, in hex.', computed: true, nullable: true }),
    cells: map(string(), { description: 'State of each cell, by its name.', computed: true }),
    peers: map(bool(), {
      description: 'Whether each peer was heard lately, by its name.',
      computed: true,
    }),
    statement: string({
      description: 'The signed in-toto statement as JSON.',
      computed: true,
      nullable: true,
    }),
    signature: string({
      description: "The node's signature over it (DSSE), in hex.",
      computed: true,
      nullable: true,
    }),
  },
});
