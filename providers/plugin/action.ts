/** An action (Terraform 1.14): something that is done when it is asked for, and leaves nothing in the state. */
import type { ActionSchema } from '../../schema';
import type { BaseContext, ClientContext } from './context';
import type { Deferrable } from './deferral';
import type { AnyStages, Stages } from './stages';

export interface InvokeContext<C> extends ClientContext<C> {
  /** Shows a line to the user while the action runs. */
  progress(message: string): void;
}

export interface ActorsOf<S extends AnyStages, C> {
  /** Rules across attributes, without the client. */
  validate?(config: S['config'], ctx: BaseContext): void | Promise<void>;
  /** Called while planning. Warn, or throw to refuse. */
  plan?(config: S['config'], ctx: ClientContext<C> & Deferrable): void | Promise<void>;
  invoke(config: S['applied'], ctx: InvokeContext<C>): Promise<void>;
}

/** The handlers of an action with this schema. */
export type ActionHandlers<S extends ActionSchema, C> = ActorsOf<Stages<S>, C>;

export interface Action<C = never> {
  readonly schema: ActionSchema;
  readonly handlers: ActorsOf<AnyStages, C>;
}

export function action<S extends ActionSchema, C = unknown>(
  schema: S,
  handlers: ActionHandlers<S, C>,
): Action<C> {
  // As in resource(): values are parsed by this very schema.
  return { schema, handlers: handlers as unknown as ActorsOf<AnyStages, C> };
}
