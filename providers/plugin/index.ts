/**
 * A Terraform plugin framework in TypeScript, protocol 6. It knows nothing of Nexus.
 * Schemas come from `schema/`; how to write a resource stands in `docs/plugin.md`.
 */
import './process/early';

export { type Action, type ActionHandlers, action, type InvokeContext } from './action';
export type { ApplyContext, BaseContext, ClientContext, Context, PlanContext } from './context';
export { type DataSource, type DataSourceHandlers, dataSource } from './data-source';
export type { DeferReason, Deferrable } from './deferral';
export {
  type ConfigureContext,
  type Makers,
  type PluginDefinition,
  type ProviderHandlers,
  type ProviderPart,
  pluginFor,
  provider,
} from './definition';
export { AttributeError, type Explained } from './diagnostics';
export {
  type EphemeralResource,
  type EphemeralResourceHandlers,
  ephemeralResource,
  type OpenContext,
  type RenewContext,
} from './ephemeral-resource';
export { type ProviderFunction, providerFunction } from './function';
export {
  type IdentifiedSchema,
  type ListContext,
  type ListResource,
  type ListResourceHandlers,
  listResource,
} from './list-resource';
export { type Level, type Log, type LogFields, type LogSink, makeLog } from './log';
export type { Path } from './path';
export type { Json, PrivateState } from './private-state';
export {
  type MoveSource,
  type PlanInput,
  type Resource,
  type ResourceHandlers,
  resource,
  type StoredState,
  type UpdateInput,
  type Upgrades,
} from './resource';
export { type Attached, attach, type ServeOptions, serve } from './serve';
export type { Stages } from './stages';
