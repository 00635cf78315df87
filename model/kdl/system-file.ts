/** A system.kdl of either kind: which one it is, its profile says. */
import type { LinuxSystem } from '../linux';
import { parseProfileName, profiles } from '../profile';
import type { System } from '../system';
import { childOf, readRoot, textOf } from './_read';
import { parseLinuxSystem } from './linux-system-kdl';
import { parseSystem } from './system-kdl';

/** What a system.kdl describes. */
export type SystemFile =
  | { readonly kernel: 'rumpk'; readonly system: System }
  | { readonly kernel: 'linux'; readonly system: LinuxSystem };

/** @param file the text's name in errors. @throws NexusError with file, line and column */
export function parseSystemFile(text: string, file: string): SystemFile {
  const profile = textOf(childOf(readRoot(text, file, 'system'), 'profile'), parseProfileName);
  if (profiles[profile].kernel === 'linux') return { kernel: 'linux', system: parseLinuxSystem(text, file) };
  return { kernel: 'rumpk', system: parseSystem(text, file) };
}
