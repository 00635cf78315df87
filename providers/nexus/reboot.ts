/** Action `nexus_reboot`: the same slot and configuration once more, recorded like a deployment. */
import { rebootAction } from '../../model';
import { findNode, rebootNode } from '../deploy';
import { pluginFor } from '../plugin';
import type { Client } from './client';
import { healthWindowMs } from './deployment';
import { recordBoot, recordDeployed } from './deployment-records';
import { findPlacedNode } from './placed-node';

const { action } = pluginFor<Client>();

export const reboot = action(rebootAction, {
  async invoke({ node }, { client, signal, progress }) {
    const { stateDir, environment } = client;
    const { hostdEntry, random } = environment;
    const request = { stateDir, node, healthWindowMs, hostdEntry };
    await client.checkLedger();
    const deployed = await rebootNode(request, { signal, random, progress });
    await recordBoot(deployed.record, deployed.publicKey, client);
    const known = await findNode(stateDir, node);
    if (known !== undefined)
      await recordDeployed(node, await findPlacedNode(known.release, node, client), deployed, client);
    progress(`Node ${node} runs again: slot ${deployed.slot}, start ${deployed.epoch}`);
  },
});
