/** The image of a profile: its own kernel and modules, the cells that a system grafts, what init runs. */
import {
  type Architecture,
  type LinuxSystem,
  NexusError,
  type PinnedPackage,
  type ProfileName,
} from '../../../model';
import type { FileTree, NamedTree, NipOptions } from '../../nip';
import type { BuildOptions } from '../factory';
import { type Origins, type UnpackContext, unpackPackages } from '../graft';
import { type BuiltLinuxImage, buildLinuxImage } from './build-linux-image';
import type { LinuxProfile } from './profile';
import { cryptobox } from './profiles/cryptobox';
import { dragonbox } from './profiles/dragonbox';
import { linbox } from './profiles/linbox';
import { nexbox } from './profiles/nexbox';
import type { LinuxService } from './services';

const profiles: Partial<Readonly<Record<ProfileName, LinuxProfile>>> = {
  cryptobox,
  dragonbox,
  linbox,
  nexbox,
};

export interface ProfileImageRequest {
  readonly system: Pick<LinuxSystem, 'name' | 'profile' | 'architecture'>;
  readonly cells: readonly NamedTree[];
  /** The kernel's package, as {@link resolveKernel} has pinned it. */
  readonly kernel: PinnedPackage;
  /** Besides the profile's own, or in the place of those of the same name. @default none */
  readonly services?: readonly LinuxService[] | undefined;
}

/** @throws NexusError `missing-part`, and as {@link buildLinuxImage} */
export async function buildProfileImage(
  { system, cells, kernel, services = [] }: ProfileImageRequest,
  context: UnpackContext,
  options: BuildOptions = {},
): Promise<BuiltLinuxImage> {
  const profile = findLinuxProfile(system.profile, system.architecture);
  const replaced = new Set(services.map(({ name }) => name));
  const load = async (): Promise<FileTree> => {
    const [unpacked] = await unpackPackages([kernel], context, { signal: options.signal });
    return unpacked?.tree ?? [];
  };
  return buildLinuxImage(
    {
      ...system,
      kernel: { sha256: kernel.sha256, load },
      modules: profile.modules,
      cells,
      services: [...profile.services.filter(({ name }) => !replaced.has(name)), ...services],
      volatileFolders: profile.volatileFolders,
    },
    context.factory,
    options,
  );
}

/** @throws NexusError `missing-part` when it cannot be built at all, or not for that architecture */
export function findLinuxProfile(name: ProfileName, architecture: Architecture): LinuxProfile {
  const profile = profiles[name];
  if (profile === undefined) throw missingPart(name, 'a Linux kernel, which it has not');
  const [part] = profile.missingParts;
  if (part !== undefined) throw missingPart(name, part);
  if (profile.suites[architecture] !== undefined && profile.kernels[architecture] !== undefined)
    return profile;
  throw missingPart(name, `a kernel for ${architecture}`);
}

/** The profile's own cells as a system, from the suite that it was made with. @param mirror undefined for the machine's own */
export function profileSystem(
  name: ProfileName,
  architecture: Architecture,
  mirror: string | undefined = undefined,
): LinuxSystem {
  const { cells, suites } = findLinuxProfile(name, architecture);
  const suite = suites[architecture] ?? '';
  const repository = { adapter: 'debian' as const, mirror, suite, components: ['main'], keys: [] };
  return { name, profile: name, architecture, repositories: [repository], cells };
}

/** Today's package of the profile's kernel: the one that the named package leads to. @throws NexusError `no-kernel` */
export async function resolveKernel(
  { profile: name, architecture }: Pick<LinuxSystem, 'profile' | 'architecture'>,
  origins: Origins,
  options: NipOptions & { readonly nowSeconds: number },
): Promise<PinnedPackage> {
  const wanted = findLinuxProfile(name, architecture).kernels[architecture] ?? '';
  const closure = await origins.resolve('debian', [wanted], architecture, options);
  const found = closure.find((each) => /^linux-image-\d/.test(each.name));
  if (found === undefined)
    throw new NexusError('no-kernel', `Cannot find a kernel: "${wanted}" needs no package of one`, {
      hint: 'Name another suite.',
    });
  const { adapter, version, path, sizeBytes, sha256 } = found;
  return { adapter, name: found.name, version, architecture: found.architecture, path, sizeBytes, sha256 };
}

function missingPart(profile: string, part: string): NexusError {
  return new NexusError(
    'missing-part',
    `Cannot build profile "${profile}": ${part} cannot be had from any repository that it knows`,
    { hint: 'Its closure is resolved and its sizes are reported; the image waits for that part.' },
  );
}
