/**
 * A learning Ethernet switch (IEEE 802.1D without spanning tree: there is one switch to a mesh, so no loop).
 *
 * A frame to a known address goes to its port, any other to all ports but its own. A port may teach a few addresses
 * only, so that no guest can fill the table; what a port cannot take is dropped and counted, never queued without end.
 */

/** Takes a frame, or drops it. @returns whether it was taken */
export type SendFrame = (frame: Uint8Array) => boolean;

export interface PortCounters {
  readonly received: number;
  readonly sent: number;
  /** Frames that the port's reader was too slow for. */
  readonly dropped: number;
}

interface Port {
  readonly send: SendFrame;
  /** Addresses learnt from this port, the oldest first. */
  readonly addresses: Set<string>;
  received: number;
  sent: number;
  dropped: number;
}

const addressesPerPortMax = 8;

export class LearningSwitch {
  private readonly ports = new Map<string, Port>();
  private readonly portOfAddress = new Map<string, string>();

  /** Adds a port, or gives the port a new way to send. */
  attach(name: string, send: SendFrame): void {
    this.detach(name);
    this.ports.set(name, { send, addresses: new Set(), received: 0, sent: 0, dropped: 0 });
  }

  detach(name: string): void {
    for (const address of this.ports.get(name)?.addresses ?? []) this.portOfAddress.delete(address);
    this.ports.delete(name);
  }

  get portCount(): number {
    return this.ports.size;
  }

  counters(name: string): PortCounters {
    const { received = 0, sent = 0, dropped = 0 } = this.ports.get(name) ?? {};
    return { received, sent, dropped };
  }

  /** Passes on a frame that came in at a port. */
  receive(name: string, frame: Uint8Array): void {
    const port = this.ports.get(name);
    if (port === undefined || frame.length < 14) return;
    port.received += 1;
    this.learn(name, port, addressAt(frame, 6));
    const known = this.portOfAddress.get(addressAt(frame, 0));
    if (known === undefined) this.flood(name, frame);
    else if (known !== name) this.deliver(this.ports.get(known), frame);
  }

  private flood(from: string, frame: Uint8Array): void {
    for (const [name, port] of this.ports) if (name !== from) this.deliver(port, frame);
  }

  private deliver(port: Port | undefined, frame: Uint8Array): void {
    if (port === undefined) return;
    if (port.send(frame)) port.sent += 1;
    else port.dropped += 1;
  }

  private learn(name: string, port: Port, address: string): void {
    if (isGroupAddress(address)) return;
    const before = this.portOfAddress.get(address);
    if (before === name) return;
    if (before !== undefined) this.ports.get(before)?.addresses.delete(address);
    this.portOfAddress.set(address, name);
    port.addresses.add(address);
    if (port.addresses.size > addressesPerPortMax) this.forgetOldest(port);
  }

  private forgetOldest(port: Port): void {
    const [oldest] = port.addresses;
    if (oldest === undefined) return;
    port.addresses.delete(oldest);
    this.portOfAddress.delete(oldest);
  }
}

function addressAt(frame: Uint8Array, offset: number): string {
  return Buffer.from(frame.buffer, frame.byteOffset + offset, 6).toString('latin1');
}

/** The lowest bit of the first byte: broadcast or multicast, never the address of a sender. */
function isGroupAddress(address: string): boolean {
  return (address.charCodeAt(0) & 1) === 1;
}
