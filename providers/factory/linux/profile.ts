/**
 * What an image of a Linux profile has besides the cells of its system, as data: its kernel, the modules that its devices
 * and uses need, what init runs, and the cells that make the profile what it is. One file a profile.
 */
import type { Architecture, LinuxCell, ProfileName } from '../../../model';
import type { LinuxService } from './services';

export interface LinuxProfile {
  readonly name: ProfileName;
  /** The Debian suite that its packages come from, by architecture; none where the profile cannot be built for it. */
  readonly suites: Partial<Readonly<Record<Architecture, string>>>;
  /** The kernel's package, by architecture. */
  readonly kernels: Partial<Readonly<Record<Architecture, string>>>;
  readonly modules: readonly string[];
  readonly cells: readonly LinuxCell[];
  readonly services: readonly LinuxService[];
  readonly volatileFolders: readonly string[];
  /** Parts that no repository has, by name: with one the profile cannot be built. */
  readonly missingParts: readonly string[];
}

/** A cell of a profile, with what most of them leave open. */
export function profileCell(
  cell: Pick<LinuxCell, 'name'> & {
    readonly packages: readonly string[];
    readonly keep?: readonly string[];
    readonly drop?: readonly string[];
    readonly links?: Readonly<Record<string, string>>;
  },
): LinuxCell {
  const { name, packages, keep = [], drop = [], links = {} } = cell;
  return {
    name,
    packages: packages.map((each) => ({ name: each, from: undefined })),
    keep,
    drop,
    links: Object.entries(links).map(([path, target]) => ({ path, target })),
    pledges: [],
    unveils: [],
    run: undefined,
  };
}
