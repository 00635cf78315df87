/** CallFunction: runs a provider function. Its errors name the argument by position. */
import { Diagnostics } from '../diagnostics';
import { validateConfig } from '../plan/validate';
import type { PluginServer } from '../server';
import { type DynamicValue, parseOptions, parseRaw } from '../wire/dynamic-value';
import { formatMsgpack } from '../wire/msgpack';
import { formatValue, parseValue } from '../wire/value';

interface Request {
  readonly name: string;
  readonly arguments: readonly DynamicValue[];
}

interface Response {
  result?: DynamicValue;
  error?: { text: string; function_argument?: number };
}

export async function callFunction<C>(server: PluginServer<C>, request: Request): Promise<Response> {
  const { schema, call } = server.function(request.name);
  const diagnostics = new Diagnostics(schema.parameters);
  const args = parseArguments(schema.parameters, request.arguments, diagnostics);
  if (!diagnostics.hasErrors) {
    try {
      const result = formatValue(schema.returns.type, await call(args));
      return { result: { msgpack: formatMsgpack(result) } };
    } catch (error) {
      diagnostics.thrown(error, `Cannot call ${request.name}`);
    }
  }
  return { error: functionError(Object.keys(schema.parameters), diagnostics) };
}

type Parameters = ConstructorParameters<typeof Diagnostics>[0] & object;

function parseArguments(
  parameters: Parameters,
  given: readonly DynamicValue[],
  diagnostics: Diagnostics,
): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  Object.entries(parameters).forEach(([name, { type }], index) => {
    const raw = parseRaw(given[index] ?? null, diagnostics);
    args[name] = parseValue(type, raw, parseOptions(parameters, diagnostics), [name]);
  });
  validateConfig(parameters, args, { diagnostics, writeOnlyAllowed: true });
  return args;
}

/** The first error; Terraform shows one. */
function functionError(names: readonly string[], diagnostics: Diagnostics): NonNullable<Response['error']> {
  const [first] = diagnostics.messages;
  const text = [first?.summary, first?.detail].filter((part) => part !== '').join('\n');
  const argument = names.indexOf(first?.attribute?.steps[0]?.attribute_name ?? '');
  return argument < 0 ? { text } : { text, function_argument: argument };
}
