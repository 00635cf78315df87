/** Action `nexus_verify`: fails unless a node proves what the ledger says it runs. */
import { NexusError, quote, verifyAction } from '../../model';
import { pluginFor } from '../plugin';
import { attestNode } from './attest';
import type { Client } from './client';

const { action } = pluginFor<Client>();

export const verify = action(verifyAction, {
  async invoke({ node }, { client, signal, progress }) {
    const { ok, status, detail, checks } = await attestNode(node, client, signal);
    for (const check of checks) progress(`${check.ok ? 'holds' : 'FAILS'}  ${check.name}: ${check.detail}`);
    if (ok) return;
    throw new NexusError('not-verified', `Cannot verify node ${quote(node)}: ${status}, ${detail}`, {
      hint: 'The next plan says what an apply would do about it.',
    });
  },
});
