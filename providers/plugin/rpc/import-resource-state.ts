/** ImportResourceState: takes over what is there already, by its id. A read follows. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { fillDefaults } from '../plan/draft';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue } from '../wire/dynamic-value';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly id: string;
}

interface Response extends Answer {
  imported_resources: { type_name: string; state: DynamicValue; private: Uint8Array }[];
}

export async function importResourceState<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.resource(request.type_name);
  const diagnostics = new Diagnostics(schema.attributes);
  const privateState = PrivateState.parse(new Uint8Array());
  const state = await attempt(diagnostics, `Cannot import ${schema.typeName} "${request.id}"`, () => {
    if (handlers.importState === undefined) throw new Error('this resource has no import');
    return handlers.importState(request.id, clientContext({ server, call, diagnostics, privateState }));
  });
  if (state === undefined) return { imported_resources: [], diagnostics: diagnostics.messages };
  const imported = {
    type_name: schema.typeName,
    state: formatDynamicValue(schema.attributes, fillDefaults(schema.attributes, state)),
    private: privateState.format(),
  };
  return { imported_resources: [imported], diagnostics: diagnostics.messages };
}
