/** Makes the contexts that handlers get, and runs a handler under the time limit of its operation. */
import { type Attributes, isTimeouts, isUnknown, type Operation, parseDuration } from '../../schema';
import type { BaseContext, ClientContext, Context } from './context';
import { DeferredCall } from './deferral';
import type { Diagnostics } from './diagnostics';
import type { PrivateState } from './private-state';
import type { Call, PluginServer } from './server';
import { isRecord, type Values } from './wire/value';

export function baseContext(call: Call, diagnostics: Diagnostics): BaseContext {
  return {
    signal: call.signal,
    log: call.log,
    warn: (summary, detail, path) => diagnostics.warn(summary, detail, path),
  };
}

export interface Work<C> {
  readonly server: PluginServer<C>;
  readonly call: Call;
  readonly diagnostics: Diagnostics;
  readonly privateState: PrivateState;
}

/** A context of work that has no private state. */
export function plainContext<C>(
  server: PluginServer<C>,
  call: Call,
  diagnostics: Diagnostics,
): ClientContext<C> {
  return { ...baseContext(call, diagnostics), client: server.configuredClient() };
}

/** @param timeoutMs limit of the operation, already part of the signal */
export function clientContext<C>(work: Work<C>, timeoutMs?: number): Context<C> {
  return {
    ...plainContext(work.server, work.call, work.diagnostics),
    private: work.privateState,
    timeoutMs,
  };
}

/** The limit from the state's `timeouts`, else the schema's own, in milliseconds. */
export function timeoutOf(attributes: Attributes, values: Values, operation: Operation): number | undefined {
  const { timeouts: attribute } = attributes;
  if (!isTimeouts(attribute)) return undefined;
  const given = isRecord(values.timeouts) && !isUnknown(values.timeouts) ? values.timeouts[operation] : null;
  const text = typeof given === 'string' ? given : attribute.timeoutDefaults[operation];
  return text === undefined ? undefined : parseDuration(text);
}

/** Runs a handler; what it throws becomes a diagnostic, and the result undefined, as of a call that it put off. */
export async function attempt<T>(
  diagnostics: Diagnostics,
  action: string,
  handler: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await handler();
  } catch (error) {
    if (!(error instanceof DeferredCall)) diagnostics.thrown(error, action);
    return undefined;
  }
}

/** Runs work whose signal also fires when the limit is over. */
export async function withLimit<T>(
  call: Call,
  timeoutMs: number | undefined,
  operation: Operation,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work(call);
  const controller = new AbortController();
  const reason = `${operation} took longer than its limit of ${timeoutMs / 1000} s (attribute "timeouts")`;
  const timer = setTimeout(() => controller.abort(new Error(reason)), timeoutMs);
  try {
    return await work({ ...call, signal: AbortSignal.any([call.signal, controller.signal]) });
  } finally {
    clearTimeout(timer);
  }
}
