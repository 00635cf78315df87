/**
 * The swarm of swarm-project.ts with the built provider in a process of its own, laid out as synth does: for tests that
 * kill processes, or look at what they say and how they were called.
 */
import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { providerAddress, providerVersion } from '../../model';
import { installProvider, Terraform } from './terraform';

const built = join(__dirname, '../../dist/provider');
const program = 'terraform-provider-nexus.js';

/** @param write the project's files, relative to its folder */
export async function installSwarm(write: (terraform: Terraform) => void): Promise<Terraform> {
  if (!existsSync(join(built, program)))
    throw new Error('The provider is not built: run `npm run build` first');
  const executable = join(built, program);
  const terraform = await Terraform.installed(providerAddress, providerVersion, executable);
  const file = installProvider(terraform.folder, providerAddress, providerVersion, executable);
  cpSync(join(built, 'kernel'), join(dirname(file), 'kernel'), { recursive: true });
  write(terraform);
  await terraform.init();
  return terraform;
}

export interface ProcessSeen {
  readonly pid: number;
  readonly command: string;
}

/** What runs for a project: its provider, its host daemon, its machines. */
export type Role = 'provider' | 'hostd' | 'machine';

/** The running processes of a project in a role. */
export function processesOf({ folder }: Terraform, role: Role): ProcessSeen[] {
  return allProcesses().filter(({ pid, command }) => roleOf(pid, command, folder) === role);
}

function roleOf(pid: number, command: string, folder: string): Role | undefined {
  const [words, place] = [command.split('\0'), workingFolder(pid)];
  if (words[0]?.includes('qemu-system') && place.startsWith(folder)) return 'machine';
  if (!words.some((word) => basename(word).startsWith('terraform-provider-nexus'))) return undefined;
  if (!command.includes(folder) && !place.startsWith(folder)) return undefined;
  return words.includes('hostd') ? 'hostd' : 'provider';
}

/** All processes of this machine with their arguments, which are separated by NUL. */
export function allProcesses(): ProcessSeen[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8') }];
      } catch {
        return [];
      }
    });
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}
