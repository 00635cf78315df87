/** Protocol message `ResourceIdentityData`: a resource's identity, by the identity's own schema. */
import type { IdentitySchema } from '../../../schema';
import { Diagnostics } from '../diagnostics';
import { type DynamicValue, formatDynamicValue, parseDynamicValue } from './dynamic-value';
import type { Values } from './value';

export interface IdentityData {
  identity_data?: DynamicValue | null;
}

export function formatIdentity({ attributes }: IdentitySchema, identity: Values): IdentityData {
  return { identity_data: formatDynamicValue(attributes, identity) };
}

/**
 * Null where there is none. Inverse of {@link formatIdentity}.
 * @param diagnostics of the resource; the identity has attributes of its own, so that paths are not passed on
 */
export function parseIdentity(
  { attributes }: IdentitySchema,
  data: IdentityData | null | undefined,
  diagnostics: Diagnostics,
): Values | null {
  const own = new Diagnostics(attributes);
  const identity = parseDynamicValue(attributes, data?.identity_data ?? null, own);
  for (const { summary, detail } of own.messages) diagnostics.error(`Identity: ${summary}`, detail);
  return identity;
}
