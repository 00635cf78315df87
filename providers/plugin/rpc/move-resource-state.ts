/** MoveResourceState: takes over a resource of another type, for a `moved` block. */
import { Diagnostics } from '../diagnostics';
import { attempt, baseContext } from '../make-context';
import { fillDefaults } from '../plan/draft';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue } from '../wire/dynamic-value';
import type { Answer, RawState } from './_messages';
import { parseStored } from './upgrade-resource-state';

interface Request {
  readonly source_provider_address: string;
  readonly source_type_name: string;
  readonly source_schema_version: number;
  readonly source_state: RawState | null;
  readonly target_type_name: string;
}

interface Response extends Answer {
  target_state?: DynamicValue;
}

export async function moveResourceState<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.resource(request.target_type_name);
  const diagnostics = new Diagnostics(schema.attributes);
  const action = `Cannot move ${request.source_type_name} to ${schema.typeName}`;
  const state = await attempt(diagnostics, action, async () => {
    const source = {
      provider: request.source_provider_address,
      typeName: request.source_type_name,
      version: request.source_schema_version,
      state: parseStored(request.source_state),
    };
    const moved = await handlers.moveState?.(source, baseContext(call, diagnostics));
    if (moved === undefined) throw new Error('the resource takes nothing over from this type');
    return moved;
  });
  if (state === undefined) return { diagnostics: diagnostics.messages };
  const target_state = formatDynamicValue(schema.attributes, fillDefaults(schema.attributes, state));
  return { target_state, diagnostics: diagnostics.messages };
}
