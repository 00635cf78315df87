/** The provider as the plugin framework takes it: its configuration and all that it offers. */
import { resolve } from 'node:path';
import { NexusError, nexusProvider, providerAddress, providerVersion, refusePassword } from '../../model';
import { isUnknown } from '../../schema';
import { type PluginDefinition, provider } from '../plugin';
import { namedLedgerPlace } from '../provchain';
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
      configure: ({ state_dir, ledger }) => {
        if (isUnknown(state_dir)) throw unknown('state_dir', 'state folder');
        if (isUnknown(ledger)) throw unknown('ledger', 'ledger');
        if (ledger !== null) refusePassword(ledger);
        const stateDir = resolve(state_dir ?? '.nexus');
        const names = { stateDir, named: ledger ?? undefined, fromEnvironment: environment.ledger };
        return openClient(stateDir, environment, namedLedgerPlace({ ...names, baseFolder: process.cwd() }));
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

function unknown(attribute: string, thing: string): NexusError {
  return new NexusError(
    'unknown-place',
    `Cannot open the ${thing}: "${attribute}" is known only after apply`,
    { hint: 'Give the provider a value that does not depend on a resource.' },
  );
}
