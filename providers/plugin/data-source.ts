/** A data source: its schema and how it is read. */
import type { DataSourceSchema } from '../../schema';
import type { BaseContext, Context } from './context';
import type { Deferrable } from './deferral';
import type { AnyStages, Stages } from './stages';

export interface ReadersOf<S extends AnyStages, C> {
  /** Rules across attributes, without the client. */
  validate?(config: S['config'], ctx: BaseContext): void | Promise<void>;
  read(config: S['applied'], ctx: Context<C> & Deferrable): Promise<S['state']>;
}

/** The handlers of a data source with this schema. */
export type DataSourceHandlers<S extends DataSourceSchema, C> = ReadersOf<Stages<S>, C>;

export interface DataSource<C = never> {
  readonly schema: DataSourceSchema;
  readonly handlers: ReadersOf<AnyStages, C>;
}

export function dataSource<S extends DataSourceSchema, C = unknown>(
  schema: S,
  handlers: DataSourceHandlers<S, C>,
): DataSource<C> {
  // As in resource(): values are parsed by this very schema.
  return { schema, handlers: handlers as unknown as ReadersOf<AnyStages, C> };
}
