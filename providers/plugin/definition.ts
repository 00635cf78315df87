/** A whole provider, as `serve` takes it. */
import type {
  ActionSchema,
  ConfigOf,
  DataSourceSchema,
  EphemeralResourceSchema,
  ListResourceSchema,
  ProviderSchema,
  ResourceSchema,
} from '../../schema';
import { type Action, type ActionHandlers, action } from './action';
import type { BaseContext } from './context';
import { type DataSource, type DataSourceHandlers, dataSource } from './data-source';
import type { Deferrable } from './deferral';
import {
  type EphemeralResource,
  type EphemeralResourceHandlers,
  ephemeralResource,
} from './ephemeral-resource';
import type { ProviderFunction } from './function';
import {
  type IdentifiedSchema,
  type ListResource,
  type ListResourceHandlers,
  listResource,
} from './list-resource';
import { type Resource, type ResourceHandlers, resource } from './resource';
import type { Values } from './wire/value';

/** To defer here puts off every plan, read and import until the provider's configuration is known. */
export interface ConfigureContext extends BaseContext, Deferrable {
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
  /** @default none */
  readonly ephemeralResources?: readonly EphemeralResource<C>[];
  /** @default none */
  readonly listResources?: readonly ListResource<C>[];
  /** @default none */
  readonly actions?: readonly Action<C>[];
}

/** `provider: provider(schema, { configure })`, with the configuration typed from the schema. */
export function provider<S extends ProviderSchema, C>(
  schema: S,
  handlers: ProviderHandlers<ConfigOf<S>, C>,
): ProviderPart<C> {
  // As in resource(): values are parsed by this very schema.
  return { schema, handlers: handlers as unknown as ProviderHandlers<Values, C> };
}

/** Makers of all that has handlers, whose `ctx.client` has a type: `const { resource } = pluginFor<Client>()`. */
export interface Makers<C> {
  resource<S extends ResourceSchema>(schema: S, handlers: ResourceHandlers<S, C>): Resource<C>;
  dataSource<S extends DataSourceSchema>(schema: S, handlers: DataSourceHandlers<S, C>): DataSource<C>;
  ephemeralResource<S extends EphemeralResourceSchema>(
    schema: S,
    handlers: EphemeralResourceHandlers<S, C>,
  ): EphemeralResource<C>;
  listResource<R extends IdentifiedSchema, L extends ListResourceSchema>(
    of: R,
    schema: L,
    handlers: ListResourceHandlers<R, L, C>,
  ): ListResource<C>;
  action<S extends ActionSchema>(schema: S, handlers: ActionHandlers<S, C>): Action<C>;
}

export function pluginFor<C>(): Makers<C> {
  return {
    resource: <S extends ResourceSchema>(schema: S, handlers: ResourceHandlers<S, C>) =>
      resource<S, C>(schema, handlers),
    dataSource: <S extends DataSourceSchema>(schema: S, handlers: DataSourceHandlers<S, C>) =>
      dataSource<S, C>(schema, handlers),
    ephemeralResource: <S extends EphemeralResourceSchema>(
      schema: S,
      handlers: EphemeralResourceHandlers<S, C>,
    ) => ephemeralResource<S, C>(schema, handlers),
    listResource: <R extends IdentifiedSchema, L extends ListResourceSchema>(
      of: R,
      schema: L,
      handlers: ListResourceHandlers<R, L, C>,
    ) => listResource<R, L, C>(of, schema, handlers),
    action: <S extends ActionSchema>(schema: S, handlers: ActionHandlers<S, C>) =>
      action<S, C>(schema, handlers),
  };
}
