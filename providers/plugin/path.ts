/**
 * Where in a resource something stands: names of attributes, keys of maps, indexes of lists, from the top.
 * `['host', 'memory_mib']`. An element of a set has no path of its own; the set's is used.
 */
import type { Attribute, Attributes, ValueType } from '../../schema';

export type Path = readonly (string | number)[];

/** One step of protocol message `AttributePath`. */
export interface Step {
  attribute_name?: string;
  element_key_string?: string;
  element_key_int?: number;
}

/** For people: `nodes["n1"].host`, `peers[0]`. */
export function formatPath(path: Path, attributes: Attributes): string {
  return stepsOf(path, attributes)
    .map((step) => {
      if (step.attribute_name !== undefined) return `.${step.attribute_name}`;
      return `[${step.element_key_int ?? JSON.stringify(step.element_key_string)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

/** `host.memory_mib` as a path. For keys with dots write the path as an array. */
export function parsePath(text: string): Path {
  return text.split('.');
}

/** The protocol's steps. Goes as far as the schema knows the path, and no further than a set. */
export function stepsOf(path: Path, attributes: Attributes): Step[] {
  const steps: Step[] = [];
  let type: ValueType | undefined = { kind: 'object', attributes };
  for (const part of path) {
    const taken: Taken | undefined = stepInto(type, part);
    if (taken === undefined) return steps;
    steps.push(taken.step);
    type = taken.type;
  }
  return steps;
}

interface Taken {
  readonly step: Step;
  readonly type: ValueType | undefined;
}

function stepInto(type: ValueType | undefined, part: string | number): Taken | undefined {
  if (type?.kind === 'object') {
    const attribute: Attribute | undefined = type.attributes[part];
    return attribute && { step: { attribute_name: String(part) }, type: attribute.type };
  }
  if (type?.kind === 'map') return { step: { element_key_string: String(part) }, type: type.element.type };
  if (type?.kind !== 'list' || !Number.isInteger(Number(part))) return undefined;
  return { step: { element_key_int: Number(part) }, type: type.element.type };
}
