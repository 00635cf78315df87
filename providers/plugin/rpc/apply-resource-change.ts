/**
 * ApplyResourceChange: create, update or delete. Whatever happens, the answer is the truest state there is: the
 * handler's, else what it saved before it failed, else what was there before.
 */
import type { Operation } from '../../../schema';
import type { ApplyContext } from '../context';
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext, timeoutOf, type Work, withLimit } from '../make-context';
import { settleState } from '../plan/draft';
import { isWhollyKnown, unknownAsNull } from '../plan/walk';
import { PrivateState } from '../private-state';
import type { Resource } from '../resource';
import type { Call, PluginServer } from '../server';
import type { AnyStages } from '../stages';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { IdentityData } from '../wire/identity';
import { isRecord, type Values } from '../wire/value';
import { identityField, identityOf, readIdentity } from './_identity';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly prior_state: DynamicValue | null;
  readonly planned_state: DynamicValue | null;
  readonly config: DynamicValue | null;
  readonly planned_private: Uint8Array;
  readonly planned_identity: IdentityData | null;
}

interface Response extends Answer {
  new_state: DynamicValue;
  private: Uint8Array;
  new_identity?: IdentityData;
}

interface Change {
  readonly prior: Values | null;
  readonly planned: Values | null;
  readonly config: Values;
}

export async function applyResourceChange<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { attributes } = resource.schema;
  const diagnostics = new Diagnostics(attributes);
  const work = { server, call, diagnostics, privateState: PrivateState.parse(request.planned_private) };
  const change = {
    prior: parseDynamicValue(attributes, request.prior_state, diagnostics),
    planned: parseDynamicValue(attributes, request.planned_state, diagnostics),
    config: parseDynamicValue(attributes, request.config, diagnostics) ?? {},
  };
  const before = readIdentity(resource, request.planned_identity, diagnostics);
  const state = diagnostics.hasErrors ? change.prior : await applyChange(resource, work, change);
  const identity = await identityOf(resource, state, state && before, diagnostics);
  return {
    new_state: formatDynamicValue(attributes, state),
    private: work.privateState.format(),
    ...identityField('new_identity', identity),
    diagnostics: diagnostics.messages,
  };
}

function operationOf({ prior, planned }: Change): Operation {
  if (planned === null) return 'delete';
  return prior === null ? 'create' : 'update';
}

async function applyChange<C>(resource: Resource<C>, work: Work<C>, change: Change): Promise<Values | null> {
  const { attributes, typeName } = resource.schema;
  const operation = operationOf(change);
  const saved = new SavedState(change);
  const timeoutMs = timeoutOf(attributes, change.planned ?? change.prior ?? {}, operation);
  const outcome = await attempt(work.diagnostics, `Cannot ${operation} ${typeName}`, () =>
    withLimit(work.call, timeoutMs, operation, (call) =>
      runHandler(resource, change, {
        ...clientContext({ ...work, call }, timeoutMs),
        config: change.config,
        save: (partial) => saved.merge(partial),
      }),
    ),
  );
  if (outcome === undefined) return saved.state;
  return outcome === 'deleted' ? null : complete(resource, work.diagnostics, outcome, change.planned);
}

async function runHandler<C>(
  { schema, handlers }: Resource<C>,
  { prior, planned }: Change,
  ctx: ApplyContext<AnyStages, C>,
): Promise<Values | 'deleted'> {
  if (planned !== null && prior === null) return handlers.create(planned, ctx);
  if (planned !== null && prior !== null) {
    if (handlers.update !== undefined) return handlers.update({ prior, planned }, ctx);
    throw new Error(`${schema.typeName} has no update: all its attributes must force replacement`);
  }
  if (prior !== null) await handlers.delete(prior, ctx);
  return 'deleted';
}

/** The state of a change that succeeded. A value still unknown is a mistake of the handler; the rest is kept. */
function complete<C>(
  { schema }: Resource<C>,
  diagnostics: Diagnostics,
  state: Values,
  planned: Values | null,
): Values {
  for (const name of Object.keys(schema.attributes).filter((key) => !isWhollyKnown(state[key])))
    diagnostics.error(
      `Cannot store "${name}" of ${schema.typeName}: still unknown after apply`,
      'This is a mistake in the provider; please report it.',
      [name],
    );
  const known = unknownAsNull(state);
  return settleState(schema.attributes, isRecord(known) ? known : {}, planned);
}

/** What Terraform is to keep if the handler fails. */
class SavedState {
  state: Values | null;
  private readonly base: Values;

  constructor({ prior, planned }: Change) {
    this.state = prior;
    const start = unknownAsNull(planned ?? prior ?? {});
    this.base = isRecord(start) ? start : {};
  }

  merge(partial: Partial<Values>): void {
    this.state = { ...(this.saved ? this.state : this.base), ...partial };
    this.saved = true;
  }

  private saved = false;
}
