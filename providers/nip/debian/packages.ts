/** The `Packages` index of one component and architecture, as typed values that are found by name. */
import type { Architecture } from '../../../model';
import type { PackageRecord } from '../adapter';
import { parseStanzas, type Stanza } from './deb822';
import { type Group, parseRelations } from './relation';
import { compareVersions } from './version';

/** A package with what binds it to others. */
export interface DebianPackage extends PackageRecord {
  readonly depends: readonly Group[];
  readonly conflicts: readonly Group[];
  readonly provides: readonly Group[];
  /** `required`, `important`, `standard`, `optional`, `extra`. */
  readonly priority: string;
}

/** Our names of architectures to Debian's. */
export const debianArchitectures: Readonly<Record<Architecture, string>> = {
  x86_64: 'amd64',
  riscv64: 'riscv64',
  aarch64: 'arm64',
};

const fields = new Set(
  'package version architecture filename size sha256 description installed-size homepage section priority depends pre-depends conflicts breaks provides'.split(
    ' ',
  ),
);

/** The packages of an index; what is not whole is left out, as nobody could fetch it. */
export function* parsePackages(text: string, architecture: Architecture): Generator<DebianPackage> {
  for (const stanza of parseStanzas(text, fields)) {
    const found = packageOf(stanza, architecture);
    if (found !== undefined) yield found;
  }
}

const namePattern = /^[a-z0-9][a-z0-9+.-]{1,127}$/;
const pathPattern = /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9+._~%:/-]{1,500}$/;

function packageOf(stanza: Stanza, architecture: Architecture): DebianPackage | undefined {
  const get = (name: string): string => stanza.get(name) ?? '';
  const sizeBytes = Number(get('size'));
  const isWhole =
    namePattern.test(get('package')) &&
    pathPattern.test(get('filename')) &&
    /^[0-9a-f]{64}$/.test(get('sha256')) &&
    /^[0-9A-Za-z.+:~-]{1,200}$/.test(get('version')) &&
    Number.isSafeInteger(sizeBytes);
  if (!isWhole) return undefined;
  const installed = Number(stanza.get('installed-size') ?? Number.NaN);
  return {
    adapter: 'debian',
    name: get('package'),
    version: get('version'),
    architecture: get('architecture') === 'all' ? 'all' : architecture,
    path: get('filename'),
    sizeBytes,
    sha256: get('sha256'),
    summary: get('description').split('\n')[0] ?? '',
    installedSizeBytes: Number.isSafeInteger(installed) ? installed * 1024 : undefined,
    homepage: stanza.get('homepage'),
    section: stanza.get('section'),
    license: undefined,
    priority: get('priority'),
    depends: [...parseRelations(get('pre-depends')), ...parseRelations(get('depends'))],
    conflicts: [...parseRelations(get('conflicts')), ...parseRelations(get('breaks'))],
    provides: parseRelations(get('provides')),
  };
}

/** All packages of a suite, the newest version of each name. */
export class PackageIndex {
  readonly #byName = new Map<string, DebianPackage>();
  readonly #providers = new Map<string, DebianPackage[]>();

  add(candidate: DebianPackage): void {
    const known = this.#byName.get(candidate.name);
    if (known !== undefined && compareVersions(known.version, candidate.version) >= 0) return;
    this.#byName.set(candidate.name, candidate);
    for (const [provided] of candidate.provides)
      if (provided !== undefined) this.#addProvider(provided.name, candidate);
  }

  find(name: string): DebianPackage | undefined {
    return this.#byName.get(name);
  }

  /** Who provides a name that may be no package's own, in the order of their names. */
  providersOf(name: string): readonly DebianPackage[] {
    const current = (this.#providers.get(name) ?? []).filter((each) => this.#byName.get(each.name) === each);
    return current.sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  /** Every package, in the order of the index. */
  all(): Iterable<DebianPackage> {
    return this.#byName.values();
  }

  get size(): number {
    return this.#byName.size;
  }

  #addProvider(name: string, provider: DebianPackage): void {
    const list = this.#providers.get(name) ?? [];
    list.push(provider);
    this.#providers.set(name, list);
  }
}
