/** The packages of an apk index, v2 or v3, as typed values that are found by name. */
import type { Architecture } from '../../../model';
import type { PackageRecord } from '../adapter';
import { type ApkRelation, isVersionWanted } from './relation';
import { compareApkVersions } from './version';

/** A package as the index has it: which bytes it is made of is known only when it is fetched. */
export interface ApkPackage extends Omit<PackageRecord, 'sha256'> {
  /** What the index says of the package's own metadata: SHA-1 of v2's control part, SHA-256 of v3's ADB block. */
  readonly identity: Uint8Array;
  readonly depends: readonly ApkRelation[];
  readonly provides: readonly ApkRelation[];
  /** Of two that provide the same, the higher is taken. */
  readonly priority: number;
}

/** apk's own names of architectures are the kernel's. */
export const apkArchitectures: readonly Architecture[] = ['x86_64', 'riscv64', 'aarch64'];

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const versionPattern = /^[0-9][0-9A-Za-z._~-]{0,127}$/;

/** Whether a package's name and version can stand in a path. */
export function isSoundName(name: string, version: string): boolean {
  return namePattern.test(name) && versionPattern.test(version);
}

/** All packages of a branch, the newest version of each name. */
export class ApkIndex {
  readonly #byName = new Map<string, ApkPackage>();
  readonly #providers = new Map<string, Set<ApkPackage>>();

  add(candidate: ApkPackage): void {
    const known = this.#byName.get(candidate.name);
    if (known !== undefined && compareApkVersions(known.version, candidate.version) >= 0) return;
    this.#byName.set(candidate.name, candidate);
    for (const { name } of candidate.provides) {
      const set = this.#providers.get(name) ?? new Set();
      if (known !== undefined) set.delete(known);
      this.#providers.set(name, set.add(candidate));
    }
  }

  find(name: string): ApkPackage | undefined {
    return this.#byName.get(name);
  }

  /** Who is or provides what is wanted: itself first, then by priority and name. */
  candidatesFor(wanted: ApkRelation): readonly ApkPackage[] {
    const real = this.#byName.get(wanted.name);
    const others = [...(this.#providers.get(wanted.name) ?? [])].sort(
      (left, right) => right.priority - left.priority || (left.name < right.name ? -1 : 1),
    );
    const all = real === undefined ? others : [real, ...others.filter((each) => each !== real)];
    return all.filter((each) => this.#byName.get(each.name) === each && satisfies(each, wanted));
  }

  /** Names of all packages. */
  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  all(): Iterable<ApkPackage> {
    return this.#byName.values();
  }

  get size(): number {
    return this.#byName.size;
  }
}

/** Whether a package is, or provides, what is wanted. */
export function satisfies(candidate: ApkPackage, wanted: ApkRelation): boolean {
  if (candidate.name === wanted.name && isVersionWanted(candidate.version, wanted)) return true;
  return candidate.provides.some(
    ({ name, version }) => name === wanted.name && isVersionWanted(version?.wanted, wanted),
  );
}
