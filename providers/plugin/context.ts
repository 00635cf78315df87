/** What a handler gets besides its values. */
import type { Deferrable } from './deferral';
import type { Log } from './log';
import type { Path } from './path';
import type { PrivateState } from './private-state';
import type { AnyStages } from './stages';

export interface BaseContext {
  /**
   * Fires when Terraform asks to stop (Ctrl-C), cancels the call or dies, or when the operation's timeout is over.
   * Hand it to whatever waits; its reason says which it was.
   */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Shows a warning with the plan or apply. @param path attribute it is about */
  warn(summary: string, detail: string, path?: string | Path): void;
}

export interface ClientContext<C> extends BaseContext {
  /** What the provider's `configure` returned. */
  readonly client: C;
}

export interface Context<C> extends ClientContext<C> {
  readonly private: PrivateState;
  /** Longest time of this operation from the `timeouts` attribute; undefined: no limit. */
  readonly timeoutMs: number | undefined;
}

export interface PlanContext<S extends AnyStages, C> extends Context<C>, Deferrable {
  /** Says that a change of this attribute cannot be made in place. */
  requireReplacement(path: string | Path): void;
  /**
   * The plan with each computed value unknown that the user did not give and no `keepStateWhenUnknown` keeps. For a
   * hook that finds a change which the configuration does not show, such as a changed source file.
   */
  markComputedUnknown(planned: S['plan']): S['plan'];
}

export interface ApplyContext<S extends AnyStages, C> extends Context<C> {
  /** The configuration with all values known, write-only ones included. */
  readonly config: S['applied'];
  /**
   * Records what is true so far. If the handler then throws, this is the state that Terraform keeps (after a failed
   * create marked as tainted); without it, a failed create leaves nothing and a failed update the prior state.
   * Attributes not named keep their last known value.
   */
  save(partial: Partial<S['state']>): void;
}
