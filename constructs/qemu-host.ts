/** Hosts: machines that run nodes in QEMU. */
import { type hostAccelerators, hostDefaults, NexusError } from '../model';
import type { IResolvable } from './_engine';

/** The one host that this version reaches: the machine that runs Terraform. */
const localName = 'local';

/** How a host runs each of its nodes. */
export interface QemuHostProps {
  /**
   * Memory of each virtual machine in MiB.
   * @default 16
   */
  readonly memoryMib?: number;
  /**
   * What runs the guest's instructions. `tcg` is software emulation; any other is used only after a probe has shown
   * that it boots.
   * @default 'tcg'
   */
  readonly accelerator?: (typeof hostAccelerators)[number] | IResolvable;
}

/** A machine that runs nodes in QEMU. A value: two swarms may share one. */
export class QemuHost {
  /** The machine that runs Terraform. */
  static local(props: QemuHostProps = {}): QemuHost {
    return new QemuHost(localName, props);
  }

  /**
   * A machine of that name. This version reaches only `local`; a synth refuses nodes on any other, so that nothing is
   * believed to run elsewhere that does not.
   */
  static named(name: string, props: QemuHostProps = {}): QemuHost {
    return new QemuHost(name, props);
  }

  /** Memory of each virtual machine in MiB. */
  readonly memoryMib: number;
  /** What runs the guest's instructions. */
  readonly accelerator: (typeof hostAccelerators)[number] | IResolvable;

  private constructor(
    /** Name of the machine. */
    readonly name: string,
    props: QemuHostProps,
  ) {
    this.memoryMib = props.memoryMib ?? hostDefaults.memoryMib;
    this.accelerator = props.accelerator ?? hostDefaults.accelerator;
  }

  /**
   * @throws NexusError `unreachable-host`
   * @internal
   */
  checkIsReachable(): void {
    if (this.name === localName) return;
    throw new NexusError(
      'unreachable-host',
      `Cannot deploy to host "${this.name}": this version reaches only "${localName}", the machine that runs Terraform`,
      { hint: 'Use `QemuHost.local()`, and run Terraform on that machine.' },
    );
  }
}
