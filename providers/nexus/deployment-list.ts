/** List resource `nexus_deployment`: what the host has recorded, whether or not Terraform knows it. */
import { deploymentList, deploymentResource } from '../../model';
import { surveyNodes } from '../deploy';
import { pluginFor } from '../plugin';
import type { Client } from './client';
import { importDeployment } from './import';

const { listResource } = pluginFor<Client>();

export const deployments = listResource(deploymentResource, deploymentList, {
  async *list({ mesh }, { client, includeResource, warn }) {
    const { deployed, unreadable } = await surveyNodes(client.stateDir);
    for (const { node, problem } of unreadable)
      warn(`Node "${node}" is not listed: ${problem.message}`, problem.hint ?? '');
    for (const { node, mesh: ownMesh } of deployed) {
      if (mesh !== null && mesh !== ownMesh) continue;
      const found = { displayName: `Node ${node} of mesh ${ownMesh}`, identity: { node } };
      if (!includeResource) yield found;
      else yield { ...found, resource: { timeouts: null, ...(await importDeployment(node, client)) } };
    }
  },
});
