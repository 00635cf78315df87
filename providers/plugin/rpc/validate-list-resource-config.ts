/** ValidateListResourceConfig: what a `list` block searches for, against its schema and its own rules. */
import type { Call, PluginServer } from '../server';
import type { Answer, ConfigRequest, OfType } from './_messages';
import { validate } from './_validate';

export async function validateListResourceConfig<C>(
  server: PluginServer<C>,
  request: OfType & ConfigRequest,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = server.listResource(request.type_name);
  const name = `list.${schema.typeName}`;
  return validate({ schema, handlers, config: request.config, call, name, writeOnlyAllowed: false });
}
