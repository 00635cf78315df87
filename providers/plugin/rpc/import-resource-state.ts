/** ImportResourceState: takes over what is there already, by its id or its identity. A read follows. */
import { UNKNOWN } from '../../../schema';
import type { Deferral } from '../deferral';
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext, type Work } from '../make-context';
import { fillDefaults } from '../plan/draft';
import { PrivateState } from '../private-state';
import type { Resource } from '../resource';
import type { Call, PluginServer } from '../server';
import { type DynamicValue, formatDynamicValue } from '../wire/dynamic-value';
import type { IdentityData } from '../wire/identity';
import { formatMsgpack } from '../wire/msgpack';
import type { Values } from '../wire/value';
import { identityField, identityOf, readIdentity } from './_identity';
import type { Answer, DeferrableRequest, DeferredField, OfType } from './_messages';

interface Request extends OfType, DeferrableRequest {
  /** Empty where the import is by identity. */
  readonly id: string;
  readonly identity: IdentityData | null;
}

interface Imported {
  type_name: string;
  state: DynamicValue;
  private?: Uint8Array;
  identity?: IdentityData;
}

interface Response extends Answer, DeferredField {
  imported_resources: Imported[];
}

export async function importResourceState<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const resource = server.resource(request.type_name);
  const { schema } = resource;
  const diagnostics = new Diagnostics(schema.attributes);
  const privateState = PrivateState.parse(new Uint8Array());
  const work = { server, call, diagnostics, privateState };
  const deferral = server.deferral(request.client_capabilities);
  const identity = readIdentity(resource, request.identity, diagnostics);
  const found = await findState(resource, work, deferral, request.id, identity);
  if (deferral.isDeferred)
    return {
      imported_resources: [{ type_name: schema.typeName, state: { msgpack: formatMsgpack(UNKNOWN) } }],
      ...deferral.field,
      diagnostics: diagnostics.messages,
    };
  if (found === undefined) return { imported_resources: [], diagnostics: diagnostics.messages };
  const state = fillDefaults(schema.attributes, found);
  const imported = {
    type_name: schema.typeName,
    state: formatDynamicValue(schema.attributes, state),
    private: privateState.format(),
    ...identityField('identity', await identityOf(resource, state, identity, diagnostics)),
  };
  return { imported_resources: [imported], diagnostics: diagnostics.messages };
}

async function findState<C>(
  { schema: { typeName }, handlers }: Resource<C>,
  work: Work<C>,
  deferral: Deferral,
  id: string,
  identity: Values | null,
): Promise<Values | undefined> {
  if (deferral.isDeferred || work.diagnostics.hasErrors) return undefined;
  const what = identity === null ? `"${id}"` : 'by identity';
  return attempt(work.diagnostics, `Cannot import ${typeName} ${what}`, () => {
    const context = { ...clientContext(work), ...deferral.context };
    if (identity !== null) {
      if (handlers.importByIdentity !== undefined) return handlers.importByIdentity(identity, context);
      throw new Error('this resource has no import by identity');
    }
    if (handlers.importState === undefined) throw new Error('this resource has no import');
    return handlers.importState(id, context);
  });
}
