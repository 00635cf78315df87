/** ReadResource: what of a resource is there now. */
import type { Deferral } from '../deferral';
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext, timeoutOf, type Work, withLimit } from '../make-context';
import { settleState } from '../plan/draft';
import { PrivateState } from '../private-state';
import type { Resource } from '../resource';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { IdentityData } from '../wire/identity';
import type { Values } from '../wire/value';
import { identityField, identityOf, readIdentity } from './_identity';
import type { Answer, DeferrableRequest, DeferredField, OfType } from './_messages';

interface Request extends OfType, DeferrableRequest {
  readonly current_state: DynamicValue | null;
  readonly private: Uint8Array;
  readonly current_identity: IdentityData | null;
}

interface Response extends Answer, DeferredField {
  new_state: DynamicValue;
  private: Uint8Array;
  new_identity?: IdentityData;
}

export async function readResource<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { attributes } = resource.schema;
  const diagnostics = new Diagnostics(attributes);
  const privateState = PrivateState.parse(request.private);
  const deferral = server.deferral(request.client_capabilities);
  const current = parseDynamicValue(attributes, request.current_state, diagnostics);
  const before = readIdentity(resource, request.current_identity, diagnostics);
  const isReadable = current !== null && !diagnostics.hasErrors && !deferral.isDeferred;
  const work = { server, call, diagnostics, privateState };
  const state = isReadable ? await readState(resource, work, deferral, current) : current;
  const identity = await identityOf(resource, state, state && before, diagnostics);
  return {
    new_state: formatDynamicValue(attributes, state),
    private: privateState.format(),
    ...identityField('new_identity', identity),
    ...deferral.field,
    diagnostics: diagnostics.messages,
  };
}

/** After an error, or put off, Terraform keeps what it had; without one, nothing means gone. */
async function readState<C>(
  { schema: { attributes, typeName }, handlers }: Resource<C>,
  work: Work<C>,
  deferral: Deferral,
  current: Values,
): Promise<Values | null> {
  const timeoutMs = timeoutOf(attributes, current, 'read');
  const state = await attempt(work.diagnostics, `Cannot read ${typeName}`, () =>
    withLimit(work.call, timeoutMs, 'read', (call) =>
      handlers.read(current, { ...clientContext({ ...work, call }, timeoutMs), ...deferral.context }),
    ),
  );
  if (work.diagnostics.hasErrors || deferral.isDeferred) return current;
  return state === undefined ? null : settleState(attributes, state, current);
}
