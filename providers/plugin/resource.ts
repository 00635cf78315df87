/**
 * A resource: its schema and its handlers. Handlers are typed from the schema; the server has checked every value at
 * the door, so they need no casts and no checks of their own.
 */
import type { IdentitySchema, ResourceSchema } from '../../schema';
import type { ApplyContext, BaseContext, Context, PlanContext } from './context';
import type { Deferrable } from './deferral';
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
  /** Undefined where the source has none. */
  readonly identity: StoredState | undefined;
  readonly identityVersion: number;
}

/** For each older version of a schema the step to the next one. */
export interface Upgrades {
  readonly [version: number]: (stored: StoredState) => StoredState;
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
  read(prior: S['prior'], ctx: Context<C> & Deferrable): Promise<S['state'] | S['prior'] | undefined>;
  /** Left out where every attribute forces replacement. */
  update?(input: UpdateInput<S>, ctx: ApplyContext<S, C>): Promise<S['state']>;
  /** What is gone already is no error. */
  delete(prior: S['prior'], ctx: ApplyContext<S, C>): Promise<void>;
  /** What `terraform import ADDRESS ID` takes over; a read follows. */
  importState?(id: string, ctx: Context<C> & Deferrable): Promise<S['import']>;
  /** The same for an `import` block with `identity = { … }`. */
  importByIdentity?(identity: S['identity'], ctx: Context<C> & Deferrable): Promise<S['import']>;
  /**
   * By what this resource is found again. Must be there where the schema has an identity, and never changes while the
   * resource lives. Undefined: not known yet, as after a create that failed half way.
   */
  identity?(state: S['prior']): S['identity'] | undefined;
  /** Steps for identities that an older version of the identity's schema stored. */
  readonly upgradeIdentity?: Upgrades;
  /** The configuration that makes this state, for `plan -generate-config-out`. @default what the user could have set */
  generateConfig?(state: S['prior']): Partial<S['config']>;
  /** For each older schema version the step to the next one. */
  readonly upgrade?: Upgrades;
  /** For `moved` blocks from another type. Undefined: not from this one. */
  moveState?(source: MoveSource, ctx: BaseContext): Promise<S['import'] | undefined>;
}

/** The handlers of a resource with this schema. */
export type ResourceHandlers<S extends ResourceSchema, C> = HandlersOf<Stages<S>, C> &
  (S extends { readonly identity: IdentitySchema } ? MustIdentify<Stages<S>> : unknown);

type MustIdentify<S extends AnyStages> = Required<Pick<HandlersOf<S, never>, 'identity'>>;

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
