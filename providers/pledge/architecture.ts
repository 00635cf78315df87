/** The machines that a launcher and a policy can be made for. */
import { type Architecture, NexusError } from '../../model';

export const launcherArchitectures = ['x86_64', 'riscv64'] as const;
export type LauncherArchitecture = (typeof launcherArchitectures)[number];

export interface ArchitectureNumbers {
  /** Of the ELF header (`EM_X86_64`, `EM_RISCV`): stands in a policy, so that no launcher takes another's. */
  readonly elfMachine: number;
  /** What the kernel tells a filter (`AUDIT_ARCH_*` of linux/audit.h): elfMachine, 64-bit, little-endian. */
  readonly auditArchitecture: number;
}

export const architectureNumbers: Readonly<Record<LauncherArchitecture, ArchitectureNumbers>> = {
  x86_64: { elfMachine: 62, auditArchitecture: 0xc000003e },
  riscv64: { elfMachine: 243, auditArchitecture: 0xc00000f3 },
};

/** @throws NexusError `no-launcher` */
export function checkLauncherArchitecture(architecture: Architecture): LauncherArchitecture {
  const found = launcherArchitectures.find((name) => name === architecture);
  if (found !== undefined) return found;
  throw new NexusError(
    'no-launcher',
    `Cannot pledge on ${architecture}: there is no launcher for it, expected one of ${launcherArchitectures.join(', ')}`,
    { hint: 'Leave `pledge`, `unveil` and `run` out of the cells of this system.' },
  );
}
