/** ValidateResourceConfig: a resource's configuration against its schema and its own rules. */
import type { Call, PluginServer } from '../server';
import type { Answer, ClientCapabilities, ConfigRequest, OfType } from './_messages';
import { validate } from './_validate';

interface Request extends OfType, ConfigRequest {
  readonly client_capabilities: ClientCapabilities | null;
}

export async function validateResourceConfig<C>(
  server: PluginServer<C>,
  request: Request,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = server.resource(request.type_name);
  const writeOnlyAllowed = request.client_capabilities?.write_only_attributes_allowed ?? false;
  return validate({
    schema,
    handlers,
    config: request.config,
    call,
    name: schema.typeName,
    writeOnlyAllowed,
  });
}
