/** ValidateActionConfig: an action's configuration against its schema and its own rules. */
import type { Call, PluginServer } from '../server';
import type { Answer, ConfigRequest, OfType } from './_messages';
import { validate } from './_validate';

export async function validateActionConfig<C>(
  server: PluginServer<C>,
  request: OfType & ConfigRequest,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = server.action(request.type_name);
  const name = `action.${schema.typeName}`;
  return validate({ schema, handlers, config: request.config, call, name, writeOnlyAllowed: false });
}
