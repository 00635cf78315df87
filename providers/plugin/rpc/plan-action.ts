/** PlanAction: whether an action can be invoked as configured. */
import { Diagnostics } from '../diagnostics';
import { attempt, plainContext } from '../make-context';
import type { Call, PluginServer } from '../server';
import { parseDynamicValue } from '../wire/dynamic-value';
import type { ActionRequest, Answer, DeferrableRequest, DeferredField } from './_messages';

export async function planAction<C>(
  server: PluginServer<C>,
  request: ActionRequest & DeferrableRequest,
  call: Call,
): Promise<Answer & DeferredField> {
  const { schema, handlers } = server.action(request.action_type);
  const diagnostics = new Diagnostics(schema.attributes);
  const deferral = server.deferral(request.client_capabilities);
  const config = parseDynamicValue(schema.attributes, request.config, diagnostics) ?? {};
  const { plan } = handlers;
  if (plan !== undefined && !diagnostics.hasErrors && !deferral.isDeferred)
    await attempt(diagnostics, `Cannot plan action ${schema.typeName}`, () =>
      plan.call(handlers, config, { ...plainContext(server, call, diagnostics), ...deferral.context }),
    );
  return { ...deferral.field, diagnostics: diagnostics.messages };
}
