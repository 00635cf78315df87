/** GetMetadata: the names of all that the provider has, without schemas. */
import type { PluginServer } from '../server';
import { serverCapabilities } from './_messages';

export async function getMetadata<C>({ definition }: PluginServer<C>): Promise<object> {
  return {
    server_capabilities: serverCapabilities,
    diagnostics: [],
    resources: definition.resources.map(({ schema }) => ({ type_name: schema.typeName })),
    data_sources: (definition.dataSources ?? []).map(({ schema }) => ({ type_name: schema.typeName })),
    functions: (definition.functions ?? []).map(({ schema }) => ({ name: schema.name })),
  };
}
