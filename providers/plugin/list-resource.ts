/** A list resource (Terraform 1.14): finds what exists of a resource type, for `terraform query` and its imports. */
import type { IdentitySchema, ListResourceSchema, ResourceSchema } from '../../schema';
import type { BaseContext, ClientContext } from './context';
import type { AnyStages, Stages } from './stages';

export interface ListContext<C> extends ClientContext<C> {
  /** Whether Terraform wants the whole resource and not its identity alone. */
  readonly includeResource: boolean;
  /** The server stops after so many; Infinity: all. */
  readonly limit: number;
}

/** One resource that exists. */
export interface ListedOf<R extends AnyStages> {
  /** For people. */
  readonly displayName: string;
  readonly identity: R['identity'];
  /** Given where `ctx.includeResource` is true. */
  readonly resource?: R['state'] | R['prior'];
}

export interface ListersOf<R extends AnyStages, L extends AnyStages, C> {
  /** Rules across attributes, without the client. */
  validate?(config: L['config'], ctx: BaseContext): void | Promise<void>;
  /** Each one goes to Terraform as it is found: an async generator. */
  list(config: L['applied'], ctx: ListContext<C>): AsyncIterable<ListedOf<R>>;
}

/** A resource's schema that has an identity. */
export type IdentifiedSchema = ResourceSchema & { readonly identity: IdentitySchema };

/** The handlers that list resources of schema R, searched for by schema L. */
export type ListResourceHandlers<R extends IdentifiedSchema, L extends ListResourceSchema, C> = ListersOf<
  Stages<R>,
  Stages<L>,
  C
>;

export interface ListResource<C = never> {
  readonly schema: ListResourceSchema;
  /** The schema of the resources that it finds. */
  readonly of: IdentifiedSchema;
  readonly handlers: ListersOf<AnyStages, AnyStages, C>;
}

/** @param of the resource's schema, of the same type name */
export function listResource<R extends IdentifiedSchema, L extends ListResourceSchema, C = unknown>(
  of: R,
  schema: L,
  handlers: ListResourceHandlers<R, L, C>,
): ListResource<C> {
  if (of.typeName !== schema.typeName)
    throw new Error(`Cannot list ${of.typeName} as "${schema.typeName}": the names must be the same`);
  // As in resource(): values are parsed by these very schemas.
  return { schema, of, handlers: handlers as unknown as ListersOf<AnyStages, AnyStages, C> };
}
