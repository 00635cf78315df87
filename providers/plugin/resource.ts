/**
 * A resource: its schema and its handlers. Handlers are typed from the schema; the server has checked every value at
 * the door, so they need no casts and no checks of their own.
 */
import type { ResourceSchema } from '../../schema';
import type { ApplyContext, BaseContext, Context, PlanContext } from './context';
import type { Json } from './private-state';
import type { AnyStages, Stages } from './stages';

export interface PlanInput<S extends AnyStages> {
  readonly config: S['config'];
  /** Null: the resource is to be created. */
  readonly prior: S['prior'] | null;
  readonly planned: S['plan'];
}

export interface UpdateInput<S extends AnyStages> {
  readonly prior: S['prior'];
  readonly planned: S['planned'];
}

/** A state as an older version of the schema stored it. */
export type StoredState = { readonly [name: string]: Json };

export interface MoveSource {
  /** Address of the provider the state comes from, e.g. `registry.terraform.io/hashicorp/null`. */
  readonly provider: string;
  readonly typeName: string;
  readonly version: number;
  readonly state: StoredState;
}

export interface HandlersOf<S extends AnyStages, C> {
  /** Rules across attributes, without the client. Throw to refuse; values may be unknown. */
  validate?(config: S['config'], ctx: BaseContext): void | Promise<void>;
  /** Last word on a plan of create or update. May replace computed values; what the user gave must stay. */
  plan?(input: PlanInput<S>, ctx: PlanContext<S, C>): S['plan'] | undefined | Promise<S['plan'] | undefined>;
  /** Called when the plan is to destroy. Warn, or throw to refuse. */
  planDelete?(prior: S['prior'], ctx: Context<C>): void | Promise<void>;
  create(planned: S['planned'], ctx: ApplyContext<S, C>): Promise<S['state']>;
  /** What is there now. Undefined: gone, so that the next plan creates it again. */
  read(prior: S['prior'], ctx: Context<C>): Promise<S['state'] | S['prior'] | undefined>;
  /** Left out where every attribute forces replacement. */
  update?(input: UpdateInput<S>, ctx: ApplyContext<S, C>): Promise<S['state']>;
  /** What is gone already is no error. */
  delete(prior: S['prior'], ctx: ApplyContext<S, C>): Promise<void>;
  /** What `terraform import ADDRESS ID` takes over; a read follows. */
  importState?(id: string, ctx: Context<C>): Promise<S['import']>;
  /** For each older schema version the step to the next one. */
  readonly upgrade?: { readonly [version: number]: (state: StoredState) => StoredState };
  /** For `moved` blocks from another type. Undefined: not from this one. */
  moveState?(source: MoveSource, ctx: BaseContext): Promise<S['import'] | undefined>;
}

/** The handlers of a resource with this schema. */
export type ResourceHandlers<S extends ResourceSchema, C> = HandlersOf<Stages<S>, C>;

/** A resource as the server sees it. */
export interface Resource<C = never> {
  readonly schema: ResourceSchema;
  readonly handlers: HandlersOf<AnyStages, C>;
}

/** `export const cell = resource(cellSchema, { create(planned, ctx) {…}, … })`; see {@link pluginFor} for a typed client. */
export function resource<S extends ResourceSchema, C = unknown>(
  schema: S,
  handlers: ResourceHandlers<S, C>,
): Resource<C> {
  // The server hands a handler only values that it parsed by the same schema, which is what the types of S say.
  return { schema, handlers: handlers as unknown as HandlersOf<AnyStages, C> };
}
