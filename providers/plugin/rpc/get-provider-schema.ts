/** GetProviderSchema: every schema of the provider. */
import type { PluginServer } from '../server';
import { functionMessage, schemaMessage } from '../wire/schema-message';
import { serverCapabilities } from './_messages';

export async function getProviderSchema<C>({ definition }: PluginServer<C>): Promise<object> {
  const { resources, dataSources = [], functions = [] } = definition;
  return {
    server_capabilities: serverCapabilities,
    diagnostics: [],
    provider: schemaMessage(definition.provider.schema),
    resource_schemas: byName(resources, ({ schema }) => [schema.typeName, schemaMessage(schema)]),
    data_source_schemas: byName(dataSources, ({ schema }) => [schema.typeName, schemaMessage(schema)]),
    functions: byName(functions, ({ schema }) => [schema.name, functionMessage(schema)]),
  };
}

function byName<T>(all: readonly T[], entry: (one: T) => [string, object]): Record<string, object> {
  return Object.fromEntries(all.map(entry));
}
