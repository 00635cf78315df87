/** Which attributes of a plan force the resource to be replaced. */
import { type Attribute, type Attributes, isUnknown } from '../../../schema';
import { formatPath, type Path } from '../path';
import { sameValue } from '../wire/canonical';
import type { Values } from '../wire/value';
import { type Triple, walkPlan } from './walk';

/** Paths of all changes that force replacement, sorted, each once. @param required those that the hook added */
export function replacementPaths(
  attributes: Attributes,
  prior: Values,
  planned: Values,
  required: readonly Path[],
): Path[] {
  const paths = [...required];
  walkPlan(attributes, { planned, config: null, prior }, (attribute, triple, path) => {
    if (forcesReplacement(attribute, triple)) paths.push(path);
    return triple.planned;
  });
  const byName = new Map(paths.map((path) => [formatPath(path, attributes), path]));
  return [...byName.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function forcesReplacement(
  { type, forcesReplacement: rule }: Attribute,
  { planned, prior }: Triple,
): boolean {
  if (rule === false || sameValue(type, planned, prior)) return false;
  // A condition cannot judge a value that is not known yet; replacing is the side on which no promise breaks.
  return rule === true || isUnknown(planned) || rule.holds({ prior, planned });
}
