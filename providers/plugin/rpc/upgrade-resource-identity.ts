/** UpgradeResourceIdentity: the stored JSON identity, of this or an older version of its schema, as a typed value. */
import type { IdentitySchema } from '../../../schema';
import { Diagnostics } from '../diagnostics';
import { attempt } from '../make-context';
import type { Resource, StoredState } from '../resource';
import type { PluginServer } from '../server';
import { parseOptions } from '../wire/dynamic-value';
import { formatIdentity, type IdentityData } from '../wire/identity';
import { parseAttributes } from '../wire/value';
import type { Answer, OfType, RawState } from './_messages';
import { parseStored, upgradeStored } from './_stored';

interface Request extends OfType {
  readonly version: number;
  readonly raw_identity: RawState | null;
}

interface Response extends Answer {
  upgraded_identity?: IdentityData;
}

export async function upgradeResourceIdentity<C>(
  server: PluginServer<C>,
  request: Request,
): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { identity, typeName } = resource.schema;
  const diagnostics = new Diagnostics(identity?.attributes ?? {});
  const stored = await attempt(diagnostics, `Cannot upgrade the identity of ${typeName}`, () =>
    upgrade(resource, request),
  );
  if (identity === undefined || stored === undefined) return { diagnostics: diagnostics.messages };
  return { ...parse(identity, stored, diagnostics), diagnostics: diagnostics.messages };
}

function upgrade<C>({ schema, handlers }: Resource<C>, request: Request): StoredState {
  if (schema.identity === undefined) throw new Error('the resource has no identity');
  const to = schema.identity.version ?? 0;
  return upgradeStored(parseStored(request.raw_identity), request.version, to, handlers.upgradeIdentity);
}

function parse(
  identity: IdentitySchema,
  stored: StoredState,
  diagnostics: Diagnostics,
): { upgraded_identity?: IdentityData } {
  const { attributes } = identity;
  const options = { ...parseOptions(attributes, diagnostics), ignoreUnknownAttributes: true };
  const values = parseAttributes(attributes, stored, options);
  return values === undefined ? {} : { upgraded_identity: formatIdentity(identity, values) };
}
