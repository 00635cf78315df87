/**
 * QEMU's `virt` machine for riscv64: its command line and where it is found.
 *
 * All paths are relative to the node's folder, in which it runs. QEMU is the listening side of every socket, so that
 * the host daemon can come and go. `-pidfile` makes it take a lock on that file before it touches any socket: a second
 * QEMU in one folder ends at once, whoever started it. No secret stands in the arguments.
 *
 * `wait=on`: it stops at the serial socket until the daemon has connected, before it makes the other sockets and before
 * the guest runs, so no byte of an early boot is lost. Until then SIGTERM ends it at once. That is so at its start only:
 * when the daemon goes away later, the guest runs on. The log is the daemon's work, as QEMU 7.2's own (`logfile=`) has
 * bytes twice when the socket's reader is slow, and no bound.
 */
import { NexusError } from '../../model';
import { findProgram } from '../machine';
import { nodeFiles, type Slot, slotFile } from './state-folder';

export const qemuProgram = 'qemu-system-riscv64';

export interface MachineSpec {
  readonly node: string;
  readonly slot: Slot;
  readonly memoryMib: number;
  readonly accelerator: string;
  /** Six bytes as `02:…`. */
  readonly macAddress: string;
}

/** QEMU's path. @throws NexusError `no-qemu` */
export function findQemu(searchPath: string = process.env.PATH ?? ''): string {
  const found = findProgram(qemuProgram, searchPath);
  if (found !== undefined) return found;
  throw new NexusError('no-qemu', `Cannot find "${qemuProgram}": not in PATH, expected QEMU for riscv64`, {
    hint: 'Install it: `apt-get install qemu-system-misc opensbi`.',
  });
}

/**
 * Emulation is what always works for riscv64. An accelerator needs a host of the guest's architecture, and one that
 * has shown in a probe boot that its guests come up. @throws NexusError `bad-accelerator`
 */
export function checkAccelerator(accelerator: string, hostArchitecture: string = process.arch): void {
  if (accelerator === 'tcg') return;
  const reason =
    hostArchitecture === 'riscv64'
      ? 'no probe boot has shown that it works here'
      : `riscv64 guests cannot use it on a host of architecture ${hostArchitecture}`;
  throw new NexusError(
    'bad-accelerator',
    `Cannot run a node with accelerator ${JSON.stringify(accelerator)}: ${reason}, expected "tcg"`,
    { hint: 'Leave the accelerator out, or set it to "tcg".' },
  );
}

/** The word in the arguments by which a node's machine is recognised. */
export function machineName(node: string): string {
  return `nexus-${node}`;
}

export function qemuArguments(spec: MachineSpec): string[] {
  return [
    ...['-name', machineName(spec.node), '-pidfile', nodeFiles.pid],
    ...['-M', 'virt', '-m', `${spec.memoryMib}M`, '-smp', '1', '-accel', spec.accelerator],
    ...['-nodefaults', '-nographic', '-no-reboot', '-bios', 'default'],
    ...['-kernel', slotFile(spec.slot), '-initrd', nodeFiles.config],
    ...['-chardev', `socket,id=c0,path=${nodeFiles.serial},server=on,wait=on`, '-serial', 'chardev:c0'],
    ...['-global', 'virtio-mmio.force-legacy=false'],
    ...['-netdev', `stream,id=n0,server=on,addr.type=unix,addr.path=${nodeFiles.net}`],
    ...['-device', `virtio-net-device,netdev=n0,mac=${spec.macAddress}`],
    ...['-qmp', `unix:${nodeFiles.qmp},server=on,wait=off`],
  ];
}

/** The node's Ethernet address: locally administered, unicast, then 40 bits of its CellID. */
export function macAddressOfCell(cellId: string): string {
  const bytes = Buffer.from(cellId, 'hex').subarray(0, 5);
  return ['02', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
