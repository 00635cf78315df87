/** GetProviderSchema: every schema of the provider. */
import type { PluginServer } from '../server';
import { functionMessage, type SchemaParts, schemaMessage } from '../wire/schema-message';
import { serverCapabilities } from './_messages';

export async function getProviderSchema<C>({ definition }: PluginServer<C>): Promise<object> {
  return {
    server_capabilities: serverCapabilities,
    diagnostics: [],
    provider: schemaMessage(definition.provider.schema),
    resource_schemas: byType(definition.resources),
    data_source_schemas: byType(definition.dataSources),
    functions: Object.fromEntries(
      (definition.functions ?? []).map(({ schema }) => [schema.name, functionMessage(schema)]),
    ),
    ephemeral_resource_schemas: byType(definition.ephemeralResources),
    list_resource_schemas: byType(definition.listResources),
    action_schemas: byType(definition.actions, (schema) => ({ schema })),
  };
}

interface Typed {
  readonly schema: SchemaParts & { readonly typeName: string };
}

function byType(
  all: readonly Typed[] = [],
  wrap: (message: object) => object = (message) => message,
): Record<string, object> {
  return Object.fromEntries(all.map(({ schema }) => [schema.typeName, wrap(schemaMessage(schema))]));
}
