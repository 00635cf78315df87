/** The provider as the plugin framework takes it: its configuration and all that it offers. */
import { NexusError, nexusProvider, providerAddress, providerVersion } from '../../model';
import { isUnknown } from '../../schema';
import { type PluginDefinition, provider } from '../plugin';
import { attestation } from './attestation-data';
import { cell } from './cell';
import { type Client, type Environment, openClient } from './client';
import { deployment } from './deployment';
import { deployments } from './deployment-list';
import { functions } from './functions';
import { image } from './image';
import { ledgerEntry } from './ledger-entry-data';
import { mesh } from './mesh';
import { reboot } from './reboot';
import { release } from './release';
import { releaseSource } from './release-data';
import { signingKey } from './signing-key';
import { verify } from './verify';

export function definePlugin(environment: Environment): PluginDefinition<Client> {
  return {
    address: providerAddress,
    version: providerVersion,
    provider: provider(nexusProvider, {
      configure: ({ state_dir }) => {
        if (isUnknown(state_dir)) throw unknownStateDir();
        return openClient(state_dir ?? '.nexus', environment);
      },
    }),
    resources: [cell, image, mesh, release, deployment],
    dataSources: [attestation, ledgerEntry, releaseSource],
    functions,
    ephemeralResources: [signingKey],
    listResources: [deployments],
    actions: [verify, reboot],
  };
}

function unknownStateDir(): NexusError {
  return new NexusError(
    'unknown-state-dir',
    'Cannot open the state folder: "state_dir" is known only after apply',
    {
      hint: 'Give the provider a path that does not depend on a resource.',
    },
  );
}
