/** PlanResourceChange: what apply would make of a resource. The order of the steps stands in `plan/draft.ts`. */
import type { Deferral } from '../deferral';
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext, type Work } from '../make-context';
import { type Path, parsePath, stepsOf } from '../path';
import { type DraftInput, draftPlan, markComputed } from '../plan/draft';
import { replacementPaths } from '../plan/replacement';
import { PrivateState } from '../private-state';
import type { Resource } from '../resource';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { IdentityData } from '../wire/identity';
import type { Values } from '../wire/value';
import { identityField, identityOf, readIdentity } from './_identity';
import type { Answer, AttributePath, DeferrableRequest, DeferredField, OfType } from './_messages';

interface Request extends OfType, DeferrableRequest {
  readonly prior_state: DynamicValue | null;
  readonly proposed_new_state: DynamicValue | null;
  readonly config: DynamicValue | null;
  readonly prior_private: Uint8Array;
  readonly prior_identity: IdentityData | null;
}

interface Response extends Answer, DeferredField {
  planned_state: DynamicValue;
  requires_replace: AttributePath[];
  planned_private: Uint8Array;
  planned_identity?: IdentityData;
}

export async function planResourceChange<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { attributes } = resource.schema;
  const diagnostics = new Diagnostics(attributes);
  const deferral = server.deferral(request.client_capabilities);
  const privateState = PrivateState.parse(request.prior_private);
  const work = { server, call, diagnostics, privateState, deferral };
  const prior = parseDynamicValue(attributes, request.prior_state, diagnostics);
  const proposed = parseDynamicValue(attributes, request.proposed_new_state, diagnostics);
  const config = parseDynamicValue(attributes, request.config, diagnostics) ?? {};
  const before = readIdentity(resource, request.prior_identity, diagnostics);
  const { planned, replace } = diagnostics.hasErrors
    ? { planned: proposed, replace: [] }
    : await planChange(resource, work, prior, config, proposed);
  return {
    planned_state: formatDynamicValue(attributes, planned),
    requires_replace: replace.map((path) => ({ steps: stepsOf(path, attributes) })),
    planned_private: work.privateState.format(),
    // Not that of a resource to be created: its identity is known when it is there.
    ...identityField('planned_identity', await identityOf(resource, prior, before, diagnostics)),
    ...deferral.field,
    diagnostics: diagnostics.messages,
  };
}

/** Work that can be put off. */
type Planning<C> = Work<C> & { readonly deferral: Deferral };

interface Plan {
  readonly planned: Values | null;
  readonly replace: Path[];
}

async function planChange<C>(
  resource: Resource<C>,
  work: Planning<C>,
  prior: Values | null,
  config: Values,
  proposed: Values | null,
): Promise<Plan> {
  if (proposed === null) return planDelete(resource, work, prior);
  const { attributes } = resource.schema;
  const drafted = draftPlan(attributes, { prior, config, proposed });
  const { planned, required } = await runHook(resource, work, { prior, config, proposed: drafted });
  return { planned, replace: prior === null ? [] : replacementPaths(attributes, prior, planned, required) };
}

async function planDelete<C>(resource: Resource<C>, work: Planning<C>, prior: Values | null): Promise<Plan> {
  const { schema, handlers } = resource;
  if (prior !== null && handlers.planDelete !== undefined && !work.deferral.isDeferred)
    await attempt(work.diagnostics, `Cannot plan to delete ${schema.typeName}`, () =>
      handlers.planDelete?.(prior, clientContext(work)),
    );
  return { planned: null, replace: [] };
}

async function runHook<C>(
  { schema, handlers }: Resource<C>,
  work: Planning<C>,
  { prior, config, proposed }: DraftInput,
): Promise<{ planned: Values; required: Path[] }> {
  const required: Path[] = [];
  if (handlers.plan === undefined || work.deferral.isDeferred) return { planned: proposed, required };
  const planned = await attempt(work.diagnostics, `Cannot plan ${schema.typeName}`, () =>
    handlers.plan?.(
      { config, prior, planned: proposed },
      {
        ...clientContext(work),
        ...work.deferral.context,
        requireReplacement: (path) => required.push(typeof path === 'string' ? parsePath(path) : path),
        markComputedUnknown: (values) => markComputed(schema.attributes, { prior, config, proposed: values }),
      },
    ),
  );
  return { planned: planned ?? proposed, required };
}
