/** ReadResource: what of a resource is there now. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext, timeoutOf, withLimit } from '../make-context';
import { settleState } from '../plan/draft';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly current_state: DynamicValue | null;
  readonly private: Uint8Array;
}

interface Response extends Answer {
  new_state: DynamicValue;
  private: Uint8Array;
}

export async function readResource<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.resource(request.type_name);
  const { attributes } = schema;
  const diagnostics = new Diagnostics(attributes);
  const privateState = PrivateState.parse(request.private);
  const current = parseDynamicValue(attributes, request.current_state, diagnostics);
  const answer = (state: typeof current): Response => ({
    new_state: formatDynamicValue(attributes, state),
    private: privateState.format(),
    diagnostics: diagnostics.messages,
  });
  if (current === null || diagnostics.hasErrors) return answer(current);
  const timeoutMs = timeoutOf(attributes, current, 'read');
  const state = await attempt(diagnostics, `Cannot read ${schema.typeName}`, () =>
    withLimit(call, timeoutMs, 'read', (limited) =>
      handlers.read(current, clientContext({ server, call: limited, diagnostics, privateState }, timeoutMs)),
    ),
  );
  // After an error Terraform keeps what it had; without one, nothing means gone.
  if (diagnostics.hasErrors) return answer(current);
  return answer(state === undefined ? null : settleState(attributes, state, current));
}
