/** A provider function: pure, called as `provider::NAME::f(…)`, in a process of its own without configuration. */
import type { Attribute, Attributes, FunctionSchema, Value } from '../../schema';

/** Arguments by the parameters' names. */
export type ArgumentsOf<A extends Attributes> = {
  readonly [K in keyof A]: Value<A[K]['type'], 'state'>;
};

export type FunctionBody<A extends Attributes, R extends Attribute> = (
  args: ArgumentsOf<A>,
) => Value<R['type'], 'state'> | Promise<Value<R['type'], 'state'>>;

export interface ProviderFunction {
  readonly schema: FunctionSchema;
  readonly call: (args: Readonly<Record<string, unknown>>) => unknown;
}

/** @param call throws to refuse; an `attribute` of the error names the parameter */
export function providerFunction<A extends Attributes, R extends Attribute>(
  schema: FunctionSchema<A, R>,
  call: FunctionBody<A, R>,
): ProviderFunction {
  // As in resource(): arguments are parsed by these very parameters.
  return { schema, call: call as ProviderFunction['call'] };
}
