/** Machines and hubs of one test, stopped together when it ends. */
import type { NodeConfig } from '../../../providers/deploy';
import { EthernetHub } from './ethernet-hub';
import { RumpkMachine } from './rumpk-machine';

export class KernelRig {
  readonly machines: RumpkMachine[] = [];
  readonly #hubs: EthernetHub[] = [];

  /** @param card last byte of the network card's address. @default no card */
  boot(image: Uint8Array, config: NodeConfig | Uint8Array | undefined, card?: number): RumpkMachine {
    const machine = new RumpkMachine({ image, config, ...(card === undefined ? {} : { card }) });
    this.machines.push(machine);
    return machine;
  }

  hub(): EthernetHub {
    const hub = new EthernetHub();
    this.#hubs.push(hub);
    return hub;
  }

  /** Boots machines whose cards are plugged into one hub. */
  async bootTogether(image: Uint8Array, configs: readonly NodeConfig[]): Promise<EthernetHub> {
    const hub = this.hub();
    const started = configs.map((config, index) => this.boot(image, config, index + 1));
    await Promise.all(started.map(({ networkSocket }) => hub.plug(networkSocket)));
    return hub;
  }

  /** The machine of that number, in the order of their start. */
  machine(index: number): RumpkMachine {
    const machine = this.machines[index];
    if (machine === undefined) throw new Error(`no machine ${index} was started`);
    return machine;
  }

  async stop(): Promise<void> {
    for (const hub of this.#hubs.splice(0)) hub.close();
    await Promise.all(this.machines.splice(0).map((machine) => machine.stop()));
  }
}
