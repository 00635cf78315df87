/** Profiles: the standard templates of an image, each with a size budget that a build may not pass. */
import { type ProfileName, profiles } from '../model';

/** Which kernel an image has, and how large it may be. */
export class Profile {
  /** Rumpk alone, at most 32 KiB: for sensors and microcontroller-class nodes. */
  static tinybox(): Profile {
    return new Profile('tinybox');
  }

  /** The profile of that name, for a name that comes from a configuration. It is checked at synth. */
  static named(name: ProfileName): Profile {
    return new Profile(name);
  }

  private constructor(
    /** Name of the profile, as `system.kdl` says it. */
    readonly name: ProfileName,
  ) {}

  /** The largest image in bytes; undefined where the profile has no limit. */
  get budgetBytes(): number | undefined {
    return profiles[this.name]?.budgetBytes;
  }
}
