/** MoveResourceState: takes over a resource of another type, for a `moved` block. */
import { Diagnostics } from '../diagnostics';
import { attempt, baseContext } from '../make-context';
import { fillDefaults } from '../plan/draft';
import type { MoveSource } from '../resource';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue } from '../wire/dynamic-value';
import type { IdentityData } from '../wire/identity';
import { identityField, identityOf } from './_identity';
import type { Answer, RawState } from './_messages';
import { parseStored } from './_stored';

interface Request {
  readonly source_provider_address: string;
  readonly source_type_name: string;
  readonly source_schema_version: number;
  readonly source_state: RawState | null;
  readonly target_type_name: string;
  readonly source_identity: RawState | null;
  readonly source_identity_schema_version: number;
}

interface Response extends Answer {
  target_state?: DynamicValue;
  target_identity?: IdentityData;
}

export async function moveResourceState<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const resource = server.resource(request.target_type_name);
  const { schema, handlers } = resource;
  const diagnostics = new Diagnostics(schema.attributes);
  const action = `Cannot move ${request.source_type_name} to ${schema.typeName}`;
  const moved = await attempt(diagnostics, action, async () => {
    const taken = await handlers.moveState?.(sourceOf(request), baseContext(call, diagnostics));
    if (taken === undefined) throw new Error('the resource takes nothing over from this type');
    return taken;
  });
  if (moved === undefined) return { diagnostics: diagnostics.messages };
  const state = fillDefaults(schema.attributes, moved);
  return {
    target_state: formatDynamicValue(schema.attributes, state),
    ...identityField('target_identity', await identityOf(resource, state, null, diagnostics)),
    diagnostics: diagnostics.messages,
  };
}

function sourceOf(request: Request): MoveSource {
  const { source_identity: identity } = request;
  return {
    provider: request.source_provider_address,
    typeName: request.source_type_name,
    version: request.source_schema_version,
    state: parseStored(request.source_state),
    identity: identity === null || identity.json.length === 0 ? undefined : parseStored(identity),
    identityVersion: request.source_identity_schema_version,
  };
}
