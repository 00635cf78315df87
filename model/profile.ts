/** Profiles: the standard templates of an image, each with a size budget that a build may not pass. */
import { NexusError, quote } from './error';
import { suggest } from './suggest';

export interface Profile {
  /** The largest image of this profile; undefined where the profile has no limit. */
  readonly budgetBytes: number | undefined;
  readonly kernel: 'rumpk' | 'netbsd-rump' | 'linux';
  /** Whether this version builds the profile. */
  readonly isBuilt: boolean;
  readonly summary: string;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

const table = {
  tinybox: {
    budgetBytes: 32 * kibibyte,
    kernel: 'rumpk',
    isBuilt: true,
    summary: 'Rumpk alone, for sensors and microcontroller-class nodes',
  },
  cryptobox: {
    budgetBytes: Math.floor(1.2 * mebibyte),
    kernel: 'netbsd-rump',
    isBuilt: false,
    summary: 'a vault: grafted rump kernel and a read-only root',
  },
  dragonbox: {
    budgetBytes: 40 * mebibyte,
    kernel: 'linux',
    isBuilt: false,
    summary: 'a stripped Linux kernel with containerd',
  },
  nexbox: {
    budgetBytes: 150 * mebibyte,
    kernel: 'linux',
    isBuilt: false,
    summary: 'a developer workstation',
  },
  linbox: { budgetBytes: undefined, kernel: 'linux', isBuilt: false, summary: 'a desktop' },
} as const satisfies Record<string, Profile>;

/** Name of a standard template of an image. */
export type ProfileName = keyof typeof table;

/** Every profile, the smallest first. */
export const profiles: Readonly<Record<ProfileName, Profile>> = table;

export const profileNames = Object.keys(table) as readonly ProfileName[];

/** Text from outside as a profile's name. @throws NexusError `unknown-profile` */
export function parseProfileName(text: string): ProfileName {
  const found = profileNames.find((name) => name === text);
  if (found !== undefined) return found;
  throw new NexusError(
    'unknown-profile',
    `Cannot read profile ${quote(text)}: unknown name, expected one of ${profileNames.join(', ')}`,
    { hint: suggest(text, profileNames) },
  );
}

/** The profile of that name. @throws NexusError `unknown-profile` */
export function findProfile(name: string): Profile {
  return profiles[parseProfileName(name)];
}

/** @returns the profile, when this version can build it. @throws NexusError `profile-not-built` */
export function checkProfileIsBuilt(name: ProfileName): Profile {
  const profile = profiles[name];
  if (profile.isBuilt) return profile;
  const built = profileNames.filter((candidate) => profiles[candidate].isBuilt);
  throw new NexusError(
    'profile-not-built',
    `Cannot build profile "${name}": not yet built by this version, expected one of ${built.join(', ')}`,
    { hint: `Set the profile to "${built[0]}", or use a version of nexus-factory that builds "${name}".` },
  );
}
