/** Hosts: machines that run nodes in QEMU. */
import { type hostAccelerators, hostDefaults } from '../model';

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
  readonly accelerator?: (typeof hostAccelerators)[number];
}

/** A machine that runs nodes in QEMU. A value: two swarms may share one. */
export class QemuHost {
  /** The machine that runs Terraform. */
  static local(props: QemuHostProps = {}): QemuHost {
    return new QemuHost('local', props);
  }

  readonly memoryMib: number;
  readonly accelerator: (typeof hostAccelerators)[number];

  private constructor(
    readonly name: string,
    props: QemuHostProps,
  ) {
    this.memoryMib = props.memoryMib ?? hostDefaults.memoryMib;
    this.accelerator = props.accelerator ?? hostDefaults.accelerator;
  }
}
