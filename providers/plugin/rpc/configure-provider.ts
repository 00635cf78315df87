/** ConfigureProvider: makes the client that all handlers get. */
import { Diagnostics } from '../diagnostics';
import { attempt, baseContext } from '../make-context';
import type { Call, PluginServer } from '../server';
import { parseDynamicValue } from '../wire/dynamic-value';
import type { Answer, ConfigRequest, DeferrableRequest } from './_messages';

interface Request extends ConfigRequest, DeferrableRequest {
  readonly terraform_version: string;
}

export async function configureProvider<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = server.definition.provider;
  const diagnostics = new Diagnostics(schema.attributes);
  const config = parseDynamicValue(schema.attributes, request.config, diagnostics) ?? {};
  const deferral = server.deferral(request.client_capabilities);
  const context = {
    ...baseContext(call, diagnostics),
    ...deferral.context,
    terraformVersion: request.terraform_version,
  };
  if (!diagnostics.hasErrors)
    await attempt(diagnostics, 'Cannot configure the provider', async () =>
      server.setClient(await handlers.configure(config, context)),
    );
  if (deferral.isDeferred) server.setDeferred();
  return { diagnostics: diagnostics.messages };
}
