/** List resource `nexus_deployment`: what the host has recorded, whether or not Terraform knows it. */
import { deploymentList, deploymentResource } from '../../model';
import { listNodes } from '../deploy';
import { pluginFor } from '../plugin';
import type { Client } from './client';
import { importDeployment } from './import';

const { listResource } = pluginFor<Client>();

export const deployments = listResource(deploymentResource, deploymentList, {
  async *list({ mesh }, { client, includeResource }) {
    for (const { node, mesh: ownMesh } of await listNodes(client.stateDir)) {
      if (mesh !== null && mesh !== ownMesh) continue;
      const found = { displayName: `Node ${node} of mesh ${ownMesh}`, identity: { node } };
      if (!includeResource) yield found;
      else yield { ...found, resource: { timeouts: null, ...(await importDeployment(node, client)) } };
    }
  },
});
