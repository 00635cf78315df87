/** Equality of typed values by their schema: sets have no order, null and undefined are the same. */
import { type Attributes, isUnknown, type ValueType } from '../../../schema';
import type { Values } from './value';

export function sameValue(type: ValueType, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  // What most values of a plan without a change are; a text of each is made of the others only.
  if (typeof a === 'string' || typeof a === 'boolean') return false;
  return formatCanonical(type, a) === formatCanonical(type, b);
}

/** A text that two values share if they are equal. For comparison within one process only. */
export function formatCanonical(type: ValueType, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (isUnknown(value)) return '?';
  if (type.kind === 'object') return objectText(type.attributes, value as Values);
  if (type.kind === 'map') return mapText(type.element.type, value as Values);
  if (type.kind !== 'list' && type.kind !== 'set') return JSON.stringify(value);
  const elements = (value as readonly unknown[]).map((element) =>
    formatCanonical(type.element.type, element),
  );
  return `[${(type.kind === 'set' ? [...new Set(elements)].sort() : elements).join()}]`;
}

function objectText(attributes: Attributes, value: Values): string {
  const entries = Object.entries(attributes);
  return `{${entries.map(([name, { type }]) => formatCanonical(type, value[name])).join()}}`;
}

function mapText(element: ValueType, value: Values): string {
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${formatCanonical(element, value[key])}`).join()}}`;
}
