/** GenerateResourceConfig: the configuration that makes a state, for `plan -generate-config-out` and `query`. */
import { Diagnostics } from '../diagnostics';
import { attempt } from '../make-context';
import { draftConfig } from '../plan/draft-config';
import type { PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly state: DynamicValue | null;
}

interface Response extends Answer {
  config?: DynamicValue;
}

export async function generateResourceConfig<C>(
  server: PluginServer<C>,
  request: Request,
): Promise<Response> {
  const { schema, handlers } = server.resource(request.type_name);
  const { attributes, typeName } = schema;
  const diagnostics = new Diagnostics(attributes);
  const state = parseDynamicValue(attributes, request.state, diagnostics);
  const config = await attempt(diagnostics, `Cannot generate the configuration of ${typeName}`, () => {
    if (state === null) throw new Error('there is no state to make it from');
    return handlers.generateConfig?.(state) ?? draftConfig(attributes, state);
  });
  if (config === undefined || diagnostics.hasErrors) return { diagnostics: diagnostics.messages };
  return { config: formatDynamicValue(attributes, config), diagnostics: diagnostics.messages };
}
