/** GetResourceIdentitySchemas (Terraform 1.12): by what each resource is found again. Resources without are left out. */
import type { PluginServer } from '../server';
import { identitySchemaMessage } from '../wire/schema-message';
import type { Answer } from './_messages';

export async function getResourceIdentitySchemas<C>({
  definition,
}: PluginServer<C>): Promise<Answer & { identity_schemas: object }> {
  const entries = definition.resources.flatMap(({ schema: { typeName, identity } }) =>
    identity === undefined ? [] : [[typeName, identitySchemaMessage(identity)]],
  );
  return { identity_schemas: Object.fromEntries(entries), diagnostics: [] };
}
