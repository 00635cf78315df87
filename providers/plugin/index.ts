/**
 * A Terraform plugin framework in TypeScript, protocol 6. It knows nothing of Nexus.
 * Schemas come from `schema/`; how to write a resource stands in `docs/plugin.md`.
 */
import './process/early';

export type { ApplyContext, BaseContext, Context, PlanContext } from './context';
export { type DataSource, type DataSourceHandlers, dataSource } from './data-source';
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
export { type ProviderFunction, providerFunction } from './function';
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
} from './resource';
export { type Attached, attach, type ServeOptions, serve } from './serve';
export type { Stages } from './stages';
