/** CallFunction: runs a provider function. Its errors name the argument by position. */
import { type Attributes, type FunctionSchema, list } from '../../../schema';
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
  const signature = signatureOf(schema);
  const diagnostics = new Diagnostics(signature.parameters);
  const args = parseArguments(signature, request.arguments, diagnostics);
  if (!diagnostics.hasErrors) {
    try {
      const result = formatValue(schema.returns.type, await call(args));
      return { result: { msgpack: formatMsgpack(result) } };
    } catch (error) {
      diagnostics.thrown(error, `Cannot call ${request.name}`);
    }
  }
  return { error: functionError(signature, diagnostics) };
}

/** The parameters, the variadic one last, as a list. */
interface Signature {
  readonly parameters: Attributes;
  /** Position from which on arguments are elements of the last parameter. */
  readonly variadicFrom: number;
}

function signatureOf({ parameters, variadic = {} }: FunctionSchema): Signature {
  const further = Object.entries(variadic).map(([name, element]) => [name, list(element)]);
  const fixed = Object.keys(parameters).length;
  return {
    parameters: { ...parameters, ...Object.fromEntries(further) },
    variadicFrom: further.length === 0 ? Number.POSITIVE_INFINITY : fixed,
  };
}

function parseArguments(
  { parameters, variadicFrom }: Signature,
  given: readonly DynamicValue[],
  diagnostics: Diagnostics,
): Record<string, unknown> {
  const raws = given.map((value) => parseRaw(value, diagnostics));
  const args: Record<string, unknown> = {};
  Object.entries(parameters).forEach(([name, { type }], index) => {
    const raw = index === variadicFrom ? raws.slice(index) : (raws[index] ?? null);
    args[name] = parseValue(type, raw, parseOptions(parameters, diagnostics), [name]);
  });
  validateConfig(parameters, args, { diagnostics, writeOnlyAllowed: true });
  return args;
}

/** The first error; Terraform shows one. */
function functionError(
  { parameters, variadicFrom }: Signature,
  diagnostics: Diagnostics,
): NonNullable<Response['error']> {
  const [first] = diagnostics.messages;
  const text = [first?.summary, first?.detail].filter((part) => part !== '').join('\n');
  const [name, element] = first?.attribute?.steps ?? [];
  const parameter = Object.keys(parameters).indexOf(name?.attribute_name ?? '');
  if (parameter < 0) return { text };
  const offset = parameter === variadicFrom ? Number(element?.element_key_int ?? 0) : 0;
  return { text, function_argument: parameter + offset };
}
