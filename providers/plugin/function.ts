/** A provider function: pure, called as `provider::NAME::f(…)`, in a process of its own without configuration. */
import type { Attribute, Attributes, FunctionSchema, Value } from '../../schema';

/** Arguments by the parameters' names. */
export type ArgumentsOf<A extends Attributes> = {
  readonly [K in keyof A]: Value<A[K]['type'], 'state'>;
};

/** The variadic parameter's arguments under its name, in order. */
export type FurtherArgumentsOf<V extends Attributes> = {
  readonly [K in keyof V]: readonly Value<V[K]['type'], 'state'>[];
};

export type FunctionBody<A extends Attributes, R extends Attribute, V extends Attributes> = (
  args: ArgumentsOf<A> & FurtherArgumentsOf<V>,
) => Value<R['type'], 'state'> | Promise<Value<R['type'], 'state'>>;

export interface ProviderFunction {
  readonly schema: FunctionSchema;
  readonly call: (args: Readonly<Record<string, unknown>>) => unknown;
}

/** @param call throws to refuse; an `attribute` of the error names the parameter */
export function providerFunction<A extends Attributes, R extends Attribute, V extends Attributes>(
  schema: FunctionSchema<A, R, V>,
  call: FunctionBody<A, R, V>,
): ProviderFunction {
  // As in resource(): arguments are parsed by these very parameters.
  return { schema, call: call as ProviderFunction['call'] };
}
