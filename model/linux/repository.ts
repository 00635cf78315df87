/** Where foreign packages come from, as `system.kdl` says it. */
import { NexusError, quote } from '../error';
import { suggest } from '../suggest';

export const adapterNames = ['debian', 'alpine', 'chimera', 'openbsd', 'netbsd', 'oci'] as const;
/** A family of distributions with one format of packages and indexes. */
export type AdapterName = (typeof adapterNames)[number];

export const architectures = ['x86_64', 'riscv64', 'aarch64'] as const;
/** By the kernel's names. */
export type Architecture = (typeof architectures)[number];

export interface Repository {
  readonly adapter: AdapterName;
  /** URL or folder of the mirror, without a slash at its end; undefined for the one that the machine is set up with. */
  readonly mirror: string | undefined;
  /** The suite, branch or release: `bookworm`, `v3.20`, `7.6`. */
  readonly suite: string;
  /** `main`, `community`; the adapter's own default when empty. */
  readonly components: readonly string[];
  /** Files of the keys that may sign, relative to the KDL file or absolute; the distribution's own when empty. */
  readonly keys: readonly string[];
}

/** @throws NexusError `unknown-adapter` */
export function parseAdapterName(text: string): AdapterName {
  return parseWord(text, adapterNames, 'adapter', 'unknown-adapter');
}

/** @throws NexusError `unknown-architecture` */
export function parseArchitecture(text: string): Architecture {
  return parseWord(text, architectures, 'architecture', 'unknown-architecture');
}

function parseWord<T extends string>(text: string, words: readonly T[], kind: string, code: string): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new NexusError(
    code,
    `Cannot read ${kind} ${quote(text)}: unknown name, expected one of ${words.join(', ')}`,
    { hint: suggest(text, words) },
  );
}

/** @returns the repository, checked. @throws NexusError `bad-repository` */
export function checkRepository(repository: Repository): Repository {
  const { mirror, suite, components } = repository;
  if (!/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(suite) || suite.includes('..'))
    throw badRepository('suite', suite, 'letters, digits and ._/-, like "bookworm"');
  const component = components.find((each) => !/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(each));
  if (component !== undefined)
    throw badRepository('component', component, 'letters, digits and ._-, like "main"');
  if (mirror !== undefined && !/^(https?:\/\/[^\s@]+[^\s/@]|[./][^\s]*[^\s/]|\/)$/.test(mirror))
    throw badRepository(
      'mirror',
      mirror.replace(/\/\/[^/]*@/, '//…@'),
      'a URL without a password, or a folder, without "/" at its end',
    );
  return repository;
}

function badRepository(field: string, value: string, expected: string): NexusError {
  return new NexusError(
    'bad-repository',
    `Cannot use ${field} ${quote(value)}: not one, expected ${expected}`,
    {
      hint: `Correct the ${field}.`,
    },
  );
}
