/**
 * What must come along: the closure of some packages over Depends and Pre-Depends. Of a group the first alternative is
 * taken that is chosen already; else the first that the index has; else the first provider by name. Recommended packages
 * stay away. Packages may need each other in circles. Nothing is guessed: what cannot be had is refused with the whole
 * chain of reasons, and so are two packages that cannot stand side by side.
 */
import { findNearest, NexusError, quote } from '../../../model';
import type { DebianPackage, PackageIndex } from './packages';
import { type Alternative, formatAlternative, type Group } from './relation';
import { holds } from './version';

/** The closure, in the order of the names. @param where the suite, in errors. @throws NexusError `unmet-dependency`, `package-conflict` */
export function resolveClosure(
  index: PackageIndex,
  names: readonly string[],
  where: string,
): readonly DebianPackage[] {
  const resolver = new Resolver(index, where);
  for (const name of names) resolver.addByName(name);
  return resolver.finish();
}

interface Wanted {
  readonly package: DebianPackage;
  /** Names from the one that was asked for to this one. */
  readonly chain: readonly string[];
}

class Resolver {
  readonly #chosen = new Map<string, DebianPackage>();
  /** Names that what is chosen provides. */
  readonly #provided = new Map<string, DebianPackage>();
  readonly #todo: Wanted[] = [];

  constructor(
    private readonly index: PackageIndex,
    private readonly where: string,
  ) {}

  addByName(name: string): void {
    const found = this.index.find(name) ?? this.index.providersOf(name)[0];
    if (found === undefined) throw this.#unknown(name);
    this.#choose(found, [found.name]);
    this.#run();
  }

  finish(): readonly DebianPackage[] {
    const all = [...this.#chosen.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const each of all) for (const group of each.conflicts) this.#checkConflict(each, group);
    return all;
  }

  /** In the order in which they were asked for: a chain stays as short as it can be. */
  #run(): void {
    for (let next = this.#todo.shift(); next !== undefined; next = this.#todo.shift()) {
      const { package: current, chain } = next;
      for (const group of current.depends) {
        if (group.some((each) => this.#isChosen(each))) continue;
        const found = this.#find(group);
        if (found === undefined) throw this.#unmet(group, chain);
        this.#choose(found, [...chain, found.name]);
      }
    }
  }

  #choose(found: DebianPackage, chain: readonly string[]): void {
    if (this.#chosen.has(found.name)) return;
    this.#chosen.set(found.name, found);
    for (const [provided] of found.provides)
      if (provided !== undefined) this.#provided.set(provided.name, found);
    this.#todo.push({ package: found, chain });
  }

  #isChosen(wanted: Alternative): boolean {
    const chosen = this.#chosen.get(wanted.name);
    if (chosen !== undefined && satisfies(chosen, wanted)) return true;
    const provider = this.#provided.get(wanted.name);
    return provider !== undefined && satisfies(provider, wanted);
  }

  #find(group: Group): DebianPackage | undefined {
    for (const wanted of group) {
      const real = this.index.find(wanted.name);
      if (real !== undefined && satisfies(real, wanted)) return real;
    }
    return group
      .flatMap((wanted) => this.index.providersOf(wanted.name).filter((each) => satisfies(each, wanted)))
      .at(0);
  }

  #checkConflict(current: DebianPackage, group: Group): void {
    for (const wanted of group) {
      const other = this.#chosen.get(wanted.name);
      if (other === undefined || other === current || !satisfies(other, wanted)) continue;
      throw new NexusError(
        'package-conflict',
        `Cannot resolve packages of ${this.where}: "${current.name}" and "${other.name}" (${other.version}) cannot stand side by side`,
        { hint: `Leave one out: "${current.name}" conflicts with ${quote(formatAlternative(wanted))}.` },
      );
    }
  }

  #unknown(name: string): NexusError {
    const nearest = findNearest(
      name,
      [...this.index.all()].map((each) => each.name),
    );
    return new NexusError(
      'unknown-package',
      `Cannot find package ${quote(name)}: not in ${this.where}, expected one of its ${this.index.size} packages`,
      { hint: nearest === undefined ? 'Look for it in the distribution.' : `Did you mean "${nearest}"?` },
    );
  }

  #unmet(group: Group, chain: readonly string[]): NexusError {
    const wanted = group.map(formatAlternative).join(' or ');
    const has = group
      .map(({ name }) => this.index.find(name))
      .filter((each) => each !== undefined)
      .map((each) => `${each.name} ${each.version}`);
    return new NexusError(
      'unmet-dependency',
      `Cannot resolve packages of ${this.where}: ${chain.map((name) => `"${name}"`).join(' needs ')} needs ${wanted}, and there is ${has.length === 0 ? 'none' : `only ${has.join(', ')}`}`,
      { hint: 'Name another suite or component, or a package that needs less.' },
    );
  }
}

/** Whether a package is, or provides, what is wanted. A version asks for a versioned provision. */
function satisfies(candidate: DebianPackage, { name, version }: Alternative): boolean {
  const provided = candidate.provides.flat().find((each) => each.name === name)?.version?.wanted;
  const current = candidate.name === name ? candidate.version : provided;
  if (version === undefined)
    return candidate.name === name || candidate.provides.flat().some((each) => each.name === name);
  return current !== undefined && holds(current, version.relation, version.wanted);
}
