/** GetResourceIdentitySchemas (Terraform 1.12): none; any error but UNIMPLEMENTED here would end the run. */
import type { Answer } from './_messages';

export async function getResourceIdentitySchemas(): Promise<Answer & { identity_schemas: object }> {
  return { identity_schemas: {}, diagnostics: [] };
}
