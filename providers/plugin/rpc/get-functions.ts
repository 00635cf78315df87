/** GetFunctions: signatures of the provider's functions. */
import type { PluginServer } from '../server';
import { functionMessage } from '../wire/schema-message';

export async function getFunctions<C>({ definition }: PluginServer<C>): Promise<object> {
  const entries = (definition.functions ?? []).map(({ schema }) => [schema.name, functionMessage(schema)]);
  return { functions: Object.fromEntries(entries), diagnostics: [] };
}
