/** RenewEphemeralResource: keeps an opened value usable. The value itself stays the same. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import { RenewalTime, type Timestamp } from '../wire/timestamp';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly private: Uint8Array | null;
}

interface Response extends Answer {
  renew_at?: Timestamp;
  private: Uint8Array;
}

export async function renewEphemeralResource<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Response> {
  const { schema, handlers } = server.ephemeralResource(request.type_name);
  const diagnostics = new Diagnostics(schema.attributes);
  const privateState = PrivateState.parse(request.private ?? new Uint8Array());
  const renewal = new RenewalTime();
  await attempt(diagnostics, `Cannot renew ${schema.typeName}`, () => {
    if (handlers.renew === undefined) throw new Error('it asked to be renewed, but cannot be');
    const context = clientContext({ server, call, diagnostics, privateState });
    return handlers.renew({ ...context, renewAt: renewal.set });
  });
  return { ...renewal.field, private: privateState.format(), diagnostics: diagnostics.messages };
}
