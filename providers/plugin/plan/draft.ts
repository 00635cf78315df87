/**
 * The plan before the resource's own hook, in the order of the Go framework: defaults, write-only values to null,
 * computed values unknown if anything changed, what keeps its state.
 */
import {
  type Attribute,
  type Attributes,
  isTimeouts,
  isUnknown,
  UNKNOWN,
  unknownWith,
} from '../../../schema';
import { sameValue } from '../wire/canonical';
import type { Values } from '../wire/value';
import { type Triple, walkPlan } from './walk';

export interface DraftInput {
  readonly prior: Values | null;
  readonly config: Values;
  /** Terraform's own merge of configuration and prior state. */
  readonly proposed: Values;
}

export function draftPlan(attributes: Attributes, { prior, config, proposed }: DraftInput): Values {
  const given = walkPlan(attributes, { planned: proposed, config, prior }, (attribute, triple) =>
    samePrior(attribute, { ...triple, planned: withDefault(attribute, triple) }),
  );
  return hasChanged(attributes, prior, given)
    ? markComputed(attributes, { prior, config, proposed: given })
    : given;
}

/** Terraform proposes the prior value for what is not given; a default speaks louder. */
function withDefault(
  { presence, trait, default: standard }: Attribute,
  { planned, config }: Triple,
): unknown {
  if (trait === 'write-only') return null;
  return (presence === 'defaulted' || presence === 'block') && isNothing(config) ? standard : planned;
}

/** The prior spelling of a value that means the same. */
function samePrior({ sameMeaning }: Attribute, { planned, prior }: Triple): unknown {
  if (sameMeaning === undefined || isNothing(planned) || isNothing(prior) || isUnknown(planned))
    return planned;
  return sameMeaning(prior as never, planned as never) ? prior : planned;
}

/** A change of `timeouts` alone touches nothing that the provider computes. */
function hasChanged(attributes: Attributes, prior: Values | null, planned: Values): boolean {
  if (prior === null) return true;
  return Object.entries(attributes).some(
    ([name, attribute]) => !isTimeouts(attribute) && !sameValue(attribute.type, prior[name], planned[name]),
  );
}

/** All computed values that the user did not give become unknown, but for those that keep their state. */
export function markComputed(attributes: Attributes, { prior, config, proposed }: DraftInput): Values {
  return walkPlan(attributes, { planned: proposed, config, prior }, markAttribute);
}

function markAttribute(attribute: Attribute, { planned, config, prior }: Triple): unknown {
  if (!attribute.presence.endsWith('computed') || !isNothing(config)) return planned;
  if (attribute.keepStateWhenUnknown && !isNothing(prior)) return prior;
  return attribute.trait === 'nullable' ? UNKNOWN : unknownWith({ nullable: false });
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined;
}

/** What create, update or read returned, made fit for the state: nothing write-only, prior spellings kept. */
export function settleState(attributes: Attributes, state: Values, before: Values | null): Values {
  return walkPlan(attributes, { planned: state, config: null, prior: before }, (attribute, triple) =>
    attribute.trait === 'write-only' ? null : samePrior(attribute, triple),
  );
}

/** A stored or imported state with defaults where a value is missing. */
export function fillDefaults(attributes: Attributes, state: Values): Values {
  return walkPlan(attributes, { planned: state, config: state, prior: null }, withDefault);
}
