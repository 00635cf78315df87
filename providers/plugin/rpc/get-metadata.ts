/** GetMetadata: the names of all that the provider has, without schemas. */
import type { PluginServer } from '../server';
import { serverCapabilities } from './_messages';

export async function getMetadata<C>({ definition }: PluginServer<C>): Promise<object> {
  return {
    server_capabilities: serverCapabilities,
    diagnostics: [],
    resources: typeNames(definition.resources),
    data_sources: typeNames(definition.dataSources),
    ephemeral_resources: typeNames(definition.ephemeralResources),
    list_resources: typeNames(definition.listResources),
    actions: typeNames(definition.actions),
    functions: (definition.functions ?? []).map(({ schema }) => ({ name: schema.name })),
  };
}

interface Named {
  readonly schema: { readonly typeName: string };
}

function typeNames(all: readonly Named[] = []): { type_name: string }[] {
  return all.map(({ schema }) => ({ type_name: schema.typeName }));
}
