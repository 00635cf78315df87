/** An ephemeral resource: a value that is opened for one run, stands in no plan or state, and is closed at its end. */
import type { EphemeralResourceSchema } from '../../schema';
import type { BaseContext, Context } from './context';
import type { Deferrable } from './deferral';
import type { AnyStages, Stages } from './stages';

export interface RenewContext<C> extends Context<C> {
  /** Asks to be renewed at that time, while Terraform still needs the value. Not asked: never. */
  renewAt(time: Date): void;
}

export type OpenContext<C> = RenewContext<C> & Deferrable;

/** What must be known to renew and close goes into `ctx.private`. */
export interface OpenersOf<S extends AnyStages, C> {
  /** Rules across attributes, without the client. */
  validate?(config: S['config'], ctx: BaseContext): void | Promise<void>;
  open(config: S['applied'], ctx: OpenContext<C>): Promise<S['state']>;
  /** Keeps what was opened usable. Needed where `open` calls `renewAt`. */
  renew?(ctx: RenewContext<C>): Promise<void>;
  close?(ctx: Context<C>): Promise<void>;
}

/** The handlers of an ephemeral resource with this schema. */
export type EphemeralResourceHandlers<S extends EphemeralResourceSchema, C> = OpenersOf<Stages<S>, C>;

export interface EphemeralResource<C = never> {
  readonly schema: EphemeralResourceSchema;
  readonly handlers: OpenersOf<AnyStages, C>;
}

export function ephemeralResource<S extends EphemeralResourceSchema, C = unknown>(
  schema: S,
  handlers: EphemeralResourceHandlers<S, C>,
): EphemeralResource<C> {
  // As in resource(): values are parsed by this very schema.
  return { schema, handlers: handlers as unknown as OpenersOf<AnyStages, C> };
}
