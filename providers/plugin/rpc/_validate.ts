/** What the validate calls share: the schema's rules, then the handler's, which needs a sound configuration. */
import type { Attributes } from '../../../schema';
import type { BaseContext } from '../context';
import { Diagnostics } from '../diagnostics';
import { attempt, baseContext } from '../make-context';
import { validateConfig } from '../plan/validate';
import type { Call } from '../server';
import { type DynamicValue, parseDynamicValue } from '../wire/dynamic-value';
import type { Values } from '../wire/value';
import type { Answer } from './_messages';

interface Validation {
  readonly schema: { readonly attributes: Attributes; readonly deprecation?: string };
  readonly handlers: { validate?(config: Values, ctx: BaseContext): void | Promise<void> };
  readonly config: DynamicValue | null;
  readonly call: Call;
  /** What is validated, for messages. */
  readonly name: string;
  readonly writeOnlyAllowed: boolean;
}

export async function validate(validation: Validation): Promise<Answer> {
  const { schema, handlers, call, name, writeOnlyAllowed } = validation;
  const diagnostics = new Diagnostics(schema.attributes);
  if (schema.deprecation !== undefined) diagnostics.warn(`${name} is deprecated`, schema.deprecation);
  const config = parseDynamicValue(schema.attributes, validation.config, diagnostics);
  if (config !== null) {
    validateConfig(schema.attributes, config, { diagnostics, writeOnlyAllowed });
    if (!diagnostics.hasErrors)
      await attempt(diagnostics, `Cannot use this configuration of ${name}`, () =>
        handlers.validate?.(config, baseContext(call, diagnostics)),
      );
  }
  return { diagnostics: diagnostics.messages };
}
