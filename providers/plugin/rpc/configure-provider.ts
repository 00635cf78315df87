/** ConfigureProvider: makes the client that all handlers get. */
import { Diagnostics } from '../diagnostics';
import { attempt, baseContext } from '../make-context';
import type { Call, PluginServer } from '../server';
import { parseDynamicValue } from '../wire/dynamic-value';
import type { Answer, ConfigRequest } from './_messages';

interface Request extends ConfigRequest {
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
  const context = { ...baseContext(call, diagnostics), terraformVersion: request.terraform_version };
  if (!diagnostics.hasErrors)
    await attempt(diagnostics, 'Cannot configure the provider', async () =>
      server.setClient(await handlers.configure(config, context)),
    );
  return { diagnostics: diagnostics.messages };
}
