/** ReadDataSource: looks up what a data source describes. */
import { UNKNOWN } from '../../../schema';
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import { formatMsgpack } from '../wire/msgpack';
import type { Answer, ConfigRequest, DeferrableRequest, DeferredField, OfType } from './_messages';

interface Response extends Answer, DeferredField {
  state?: DynamicValue;
}

export async function readDataSource<C>(
  server: PluginServer<C>,
  request: OfType & ConfigRequest & DeferrableRequest,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.dataSource(request.type_name);
  const { attributes } = schema;
  const diagnostics = new Diagnostics(attributes);
  const config = parseDynamicValue(attributes, request.config, diagnostics) ?? {};
  const privateState = PrivateState.parse(new Uint8Array());
  const deferral = server.deferral(request.client_capabilities);
  const state = deferral.isDeferred
    ? undefined
    : await attempt(diagnostics, `Cannot read data source ${schema.typeName}`, () => {
        const context = clientContext({ server, call, diagnostics, privateState });
        return handlers.read(config, { ...context, ...deferral.context });
      });
  if (deferral.isDeferred)
    return {
      state: { msgpack: formatMsgpack(UNKNOWN) },
      ...deferral.field,
      diagnostics: diagnostics.messages,
    };
  if (state === undefined || diagnostics.hasErrors) return { diagnostics: diagnostics.messages };
  return { state: formatDynamicValue(attributes, state), diagnostics: diagnostics.messages };
}
