/** OpenEphemeralResource: makes a value for this run. It goes to Terraform's memory and nowhere else. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import { RenewalTime, type Timestamp } from '../wire/timestamp';
import type { Answer, ConfigRequest, DeferrableRequest, DeferredField, OfType } from './_messages';

interface Response extends Answer, DeferredField {
  result?: DynamicValue;
  renew_at?: Timestamp;
  private?: Uint8Array;
}

export async function openEphemeralResource<C>(
  server: PluginServer<C>,
  request: OfType & ConfigRequest & DeferrableRequest,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.ephemeralResource(request.type_name);
  const { attributes } = schema;
  const diagnostics = new Diagnostics(attributes);
  const privateState = PrivateState.parse(new Uint8Array());
  const deferral = server.deferral(request.client_capabilities);
  const renewal = new RenewalTime();
  const config = parseDynamicValue(attributes, request.config, diagnostics) ?? {};
  if (diagnostics.hasErrors || deferral.isDeferred)
    return { ...deferral.field, diagnostics: diagnostics.messages };
  const result = await attempt(diagnostics, `Cannot open ${schema.typeName}`, () =>
    handlers.open(config, {
      ...clientContext({ server, call, diagnostics, privateState }),
      ...deferral.context,
      renewAt: renewal.set,
    }),
  );
  if (result === undefined) return { ...deferral.field, diagnostics: diagnostics.messages };
  return {
    result: formatDynamicValue(attributes, result),
    ...renewal.field,
    private: privateState.format(),
    diagnostics: diagnostics.messages,
  };
}
