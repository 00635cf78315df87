/**
 * The closure of some packages over what they need. What is chosen already is taken first, then the package of that name,
 * then who provides it, by priority and name. `install_if` is not looked at: nothing comes along that nobody needs.
 * Packages may need each other in circles; what cannot be had is refused with the whole chain of reasons.
 */
import { findNearest, NexusError, quote } from '../../../model';
import { type ApkIndex, type ApkPackage, satisfies } from './packages';
import { type ApkRelation, formatApkRelation, parseApkRelation } from './relation';

/** The closure, in the order of the names. @throws NexusError `unknown-package`, `unmet-dependency`, `package-conflict` */
export function resolveApks(index: ApkIndex, names: readonly string[], where: string): readonly ApkPackage[] {
  const chosen = new Map<string, ApkPackage>();
  const todo: { readonly package: ApkPackage; readonly chain: readonly string[] }[] = [];
  const choose = (found: ApkPackage, chain: readonly string[]): void => {
    if (chosen.has(found.name)) return;
    chosen.set(found.name, found);
    todo.push({ package: found, chain: [...chain, found.name] });
  };
  for (const name of names) choose(findByName(index, name, where), []);
  for (let next = todo.shift(); next !== undefined; next = todo.shift())
    for (const wanted of next.package.depends) {
      if (wanted.isConflict) continue;
      const candidates = index.candidatesFor(wanted);
      const found = candidates.find((each) => chosen.get(each.name) === each) ?? candidates[0];
      if (found === undefined) throw unmet(index, wanted, next.chain, where);
      choose(found, next.chain);
    }
  const closure = [...chosen.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  checkConflicts(closure, where);
  return closure;
}

function findByName(index: ApkIndex, name: string, where: string): ApkPackage {
  const [found] = index.candidatesFor(parseApkRelation(name));
  if (found !== undefined) return found;
  const nearest = findNearest(name, index.names());
  throw new NexusError(
    'unknown-package',
    `Cannot find package ${quote(name)}: not in ${where}, expected one of its ${index.size} packages`,
    { hint: nearest === undefined ? 'Look for it in the distribution.' : `Did you mean "${nearest}"?` },
  );
}

function checkConflicts(closure: readonly ApkPackage[], where: string): void {
  for (const current of closure)
    for (const wanted of current.depends) {
      const other = wanted.isConflict
        ? closure.find((each) => each !== current && satisfies(each, wanted))
        : undefined;
      if (other === undefined) continue;
      throw new NexusError(
        'package-conflict',
        `Cannot resolve packages of ${where}: "${current.name}" and "${other.name}" (${other.version}) cannot stand side by side`,
        { hint: `Leave one out: "${current.name}" says ${quote(formatApkRelation(wanted))}.` },
      );
    }
}

function unmet(index: ApkIndex, wanted: ApkRelation, chain: readonly string[], where: string): NexusError {
  const has = index
    .candidatesFor({ ...wanted, version: undefined })
    .map((each) => `${each.name} ${each.version}`);
  return new NexusError(
    'unmet-dependency',
    `Cannot resolve packages of ${where}: ${chain.map((name) => `"${name}"`).join(' needs ')} needs ${formatApkRelation(wanted)}, and there is ${has.length === 0 ? 'none' : `only ${has.join(', ')}`}`,
    { hint: 'Name another branch or component, or a package that needs less.' },
  );
}
