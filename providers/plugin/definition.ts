/** A whole provider, as `serve` takes it. */
import type { ConfigOf, DataSourceSchema, ProviderSchema, ResourceSchema } from '../../schema';
import type { BaseContext } from './context';
import { type DataSource, type DataSourceHandlers, dataSource } from './data-source';
import type { ProviderFunction } from './function';
import { type Resource, type ResourceHandlers, resource } from './resource';
import type { Values } from './wire/value';

export interface ConfigureContext extends BaseContext {
  readonly terraformVersion: string;
}

export interface ProviderHandlers<Config, C> {
  validate?(config: Config, ctx: BaseContext): void | Promise<void>;
  /** Makes the client that every handler gets. Values may be unknown while planning. */
  configure(config: Config, ctx: ConfigureContext): C | Promise<C>;
}

export interface ProviderPart<C> {
  readonly schema: ProviderSchema;
  readonly handlers: ProviderHandlers<Values, C>;
}

export interface PluginDefinition<C> {
  /** `HOST/NAMESPACE/TYPE`, under which Terraform knows the provider. */
  readonly address: string;
  readonly version: string;
  readonly provider: ProviderPart<C>;
  readonly resources: readonly Resource<C>[];
  /** @default none */
  readonly dataSources?: readonly DataSource<C>[];
  /** @default none */
  readonly functions?: readonly ProviderFunction[];
}

/** `provider: provider(schema, { configure })`, with the configuration typed from the schema. */
export function provider<S extends ProviderSchema, C>(
  schema: S,
  handlers: ProviderHandlers<ConfigOf<S>, C>,
): ProviderPart<C> {
  // As in resource(): values are parsed by this very schema.
  return { schema, handlers: handlers as unknown as ProviderHandlers<Values, C> };
}

/** Makers of resources and data sources whose `ctx.client` has a type: `const { resource } = pluginFor<Client>()`. */
export interface Makers<C> {
  resource<S extends ResourceSchema>(schema: S, handlers: ResourceHandlers<S, C>): Resource<C>;
  dataSource<S extends DataSourceSchema>(schema: S, handlers: DataSourceHandlers<S, C>): DataSource<C>;
}

export function pluginFor<C>(): Makers<C> {
  return {
    resource: <S extends ResourceSchema>(schema: S, handlers: ResourceHandlers<S, C>) =>
      resource<S, C>(schema, handlers),
    dataSource: <S extends DataSourceSchema>(schema: S, handlers: DataSourceHandlers<S, C>) =>
      dataSource<S, C>(schema, handlers),
  };
}
