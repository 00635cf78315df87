/** ReadDataSource: looks up what a data source describes. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { Answer, ConfigRequest, OfType } from './_messages';

interface Response extends Answer {
  state?: DynamicValue;
}

export async function readDataSource<C>(
  server: PluginServer<C>,
  request: OfType & ConfigRequest,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.dataSource(request.type_name);
  const { attributes } = schema;
  const diagnostics = new Diagnostics(attributes);
  const config = parseDynamicValue(attributes, request.config, diagnostics) ?? {};
  const privateState = PrivateState.parse(new Uint8Array());
  const state = await attempt(diagnostics, `Cannot read data source ${schema.typeName}`, () =>
    handlers.read(config, clientContext({ server, call, diagnostics, privateState })),
  );
  if (state === undefined || diagnostics.hasErrors) return { diagnostics: diagnostics.messages };
  return { state: formatDynamicValue(attributes, state), diagnostics: diagnostics.messages };
}
