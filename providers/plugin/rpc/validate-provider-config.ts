/** ValidateProviderConfig: the provider's configuration against its schema and its own rules. */
import type { Call, PluginServer } from '../server';
import type { Answer, ConfigRequest } from './_messages';
import { validate } from './_validate';

export async function validateProviderConfig<C>(
  { definition }: PluginServer<C>,
  request: ConfigRequest,
  call: Call,
): Promise<Answer> {
  const { schema, handlers } = definition.provider;
  return validate({
    schema,
    handlers,
    config: request.config,
    call,
    name: 'provider',
    writeOnlyAllowed: true,
  });
}
