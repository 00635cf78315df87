/** Actions on nodes, Terraform 1.14 and later: done when asked for, and nothing of them stands in the state. */
import { defineAction, string } from '../../schema';
import { isName } from './_validators';

const node = string({ description: 'Name of the node.', required: true, validate: [isName('node')] });

export const verifyAction = defineAction({
  typeName: 'nexus_verify',
  description:
    'Asks a node over a fresh nonce what it runs, and fails unless every check holds against what the ledger says was ' +
    'deployed on it. The data source `nexus_attestation` tells the same without failing.',
  attributes: { node },
});

export const rebootAction = defineAction({
  typeName: 'nexus_reboot',
  description:
    'Starts a node again as it is: the same slot and configuration, the next epoch. It must prove itself as after a ' +
    'deployment; the boot stands in the ledger.',
  attributes: { node },
});
