/** CloseEphemeralResource: the run needs an opened value no longer. */
import { Diagnostics } from '../diagnostics';
import { attempt, clientContext } from '../make-context';
import { PrivateState } from '../private-state';
import type { Call, PluginServer } from '../server';
import type { Answer, OfType } from './_messages';

interface Request extends OfType {
  readonly private: Uint8Array | null;
}

export async function closeEphemeralResource<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = server.ephemeralResource(request.type_name);
  const diagnostics = new Diagnostics(schema.attributes);
  const privateState = PrivateState.parse(request.private ?? new Uint8Array());
  if (handlers.close !== undefined)
    await attempt(diagnostics, `Cannot close ${schema.typeName}`, () =>
      handlers.close?.(clientContext({ server, call, diagnostics, privateState })),
    );
  return { diagnostics: diagnostics.messages };
}
