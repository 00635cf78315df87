/** The configuration that makes a state: what the user could have set and would have to. */
import type { Attribute, Attributes } from '../../../schema';
import { sameValue } from '../wire/canonical';
import type { Values } from '../wire/value';
import { walkPlan } from './walk';

export function draftConfig(attributes: Attributes, state: Values): Values {
  return walkPlan(attributes, { planned: state, config: null, prior: null }, (attribute, { planned }) =>
    isGiven(attribute, planned) ? planned : null,
  );
}

/** Not what the provider decides, what is deprecated, what the default says already, nor what is empty all through. */
function isGiven(
  { type, presence, trait, deprecation, default: standard }: Attribute,
  value: unknown,
): boolean {
  if (presence === 'required' || presence === 'block') return true;
  if (presence === 'computed' || trait === 'write-only' || deprecation !== '') return false;
  if (presence === 'defaulted') return !sameValue(type, value, standard);
  return !isEmptyObject(value);
}

/** As the `timeouts` of an imported resource are. */
function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((inner) => inner === null)
  );
}
