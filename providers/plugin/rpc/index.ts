/** The calls of protocol 6 that this server serves. All others answer UNIMPLEMENTED. */
import type { Call, PluginServer } from '../server';
import { applyResourceChange } from './apply-resource-change';
import { callFunction } from './call-function';
import { closeEphemeralResource } from './close-ephemeral-resource';
import { configureProvider } from './configure-provider';
import { generateResourceConfig } from './generate-resource-config';
import { getFunctions } from './get-functions';
import { getMetadata } from './get-metadata';
import { getProviderSchema } from './get-provider-schema';
import { getResourceIdentitySchemas } from './get-resource-identity-schemas';
import { importResourceState } from './import-resource-state';
import { invokeAction } from './invoke-action';
import { listResource } from './list-resource';
import { moveResourceState } from './move-resource-state';
import { openEphemeralResource } from './open-ephemeral-resource';
import { planAction } from './plan-action';
import { planResourceChange } from './plan-resource-change';
import { readDataSource } from './read-data-source';
import { readResource } from './read-resource';
import { renewEphemeralResource } from './renew-ephemeral-resource';
import { stopProvider } from './stop-provider';
import { upgradeResourceIdentity } from './upgrade-resource-identity';
import { upgradeResourceState } from './upgrade-resource-state';
import { validateActionConfig } from './validate-action-config';
import { validateDataResourceConfig } from './validate-data-resource-config';
import { validateEphemeralResourceConfig } from './validate-ephemeral-resource-config';
import { validateListResourceConfig } from './validate-list-resource-config';
import { validateProviderConfig } from './validate-provider-config';
import { validateResourceConfig } from './validate-resource-config';

/** A served call. The request was decoded by the protocol's own descriptors, which is what its type says. */
export type Served = (server: PluginServer<unknown>, request: never, call: Call) => Promise<object>;

export const served: { readonly [name: string]: Served } = {
  GetMetadata: getMetadata,
  GetProviderSchema: getProviderSchema,
  ValidateProviderConfig: validateProviderConfig,
  ValidateResourceConfig: validateResourceConfig,
  ValidateDataResourceConfig: validateDataResourceConfig,
  UpgradeResourceState: upgradeResourceState,
  GetResourceIdentitySchemas: getResourceIdentitySchemas,
  ConfigureProvider: configureProvider,
  ReadResource: readResource,
  PlanResourceChange: planResourceChange,
  ApplyResourceChange: applyResourceChange,
  ImportResourceState: importResourceState,
  MoveResourceState: moveResourceState,
  UpgradeResourceIdentity: upgradeResourceIdentity,
  GenerateResourceConfig: generateResourceConfig,
  ReadDataSource: readDataSource,
  ValidateEphemeralResourceConfig: validateEphemeralResourceConfig,
  OpenEphemeralResource: openEphemeralResource,
  RenewEphemeralResource: renewEphemeralResource,
  CloseEphemeralResource: closeEphemeralResource,
  ValidateListResourceConfig: validateListResourceConfig,
  ValidateActionConfig: validateActionConfig,
  PlanAction: planAction,
  GetFunctions: getFunctions,
  CallFunction: callFunction,
  StopProvider: stopProvider,
};

/** A call whose answer is a stream of events. */
export type Streamed = (server: PluginServer<unknown>, request: never, call: Call) => AsyncIterable<object>;

export const streamed: { readonly [name: string]: Streamed } = {
  ListResource: listResource,
  InvokeAction: invokeAction,
};
