/** The identity of a resource in an answer: derived from its state, and the same as long as the resource lives. */
import type { IdentitySchema } from '../../../schema';
import type { Diagnostics } from '../diagnostics';
import { attempt } from '../make-context';
import type { Resource } from '../resource';
import { sameValue } from '../wire/canonical';
import { formatIdentity, type IdentityData, parseIdentity } from '../wire/identity';
import type { Values } from '../wire/value';

/** What the client has of it. Null: a resource without an identity, or stored before it had one. */
export function readIdentity<C>(
  { schema }: Resource<C>,
  data: IdentityData | null,
  diagnostics: Diagnostics,
): Values | null {
  return schema.identity === undefined ? null : parseIdentity(schema.identity, data, diagnostics);
}

/**
 * The identity of a state; the one before where the state does not tell it. Undefined: none to send.
 * A change is refused, as Terraform would take it for another resource.
 */
export async function identityOf<C>(
  { schema, handlers }: Resource<C>,
  state: Values | null,
  before: Values | null,
  diagnostics: Diagnostics,
): Promise<IdentityData | undefined> {
  const { identity: own, typeName } = schema;
  if (own === undefined) return undefined;
  const action = `Cannot tell the identity of ${typeName}`;
  const derived = state && (await attempt(diagnostics, action, () => handlers.identity?.(state)));
  if (derived && before && !isSame(own, derived, before))
    diagnostics.error(
      `Cannot change the identity of ${typeName}: it is another than before`,
      'An attribute of which the identity is made must force replacement.',
    );
  const identity = derived ?? before;
  return identity === null ? undefined : formatIdentity(own, identity);
}

/** What is null before was not told: an import need not give all. */
function isSame({ attributes }: IdentitySchema, identity: Values, before: Values): boolean {
  return Object.entries(attributes).every(
    ([name, { type }]) => before[name] === null || sameValue(type, identity[name], before[name]),
  );
}

/** A field of an answer, left out where there is nothing to send. */
export function identityField<N extends string>(
  name: N,
  data: IdentityData | undefined,
): { [K in N]?: IdentityData } {
  return data === undefined ? {} : ({ [name]: data } as { [K in N]?: IdentityData });
}
