/** Data source `nexus_attestation`: a node's answer to a fresh nonce. */
import { attestationData } from '../../model';
import { pluginFor } from '../plugin';
import { attestNode } from './attest';
import type { Client } from './client';

const { dataSource } = pluginFor<Client>();

export const attestation = dataSource(attestationData, {
  read: ({ node }, { client, signal }) => attestNode(node, client, signal),
});
