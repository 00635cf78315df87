/**
 * Ethernet II frames that carry UTCP. Big-endian.
 *
 *     0  6  destination    ff:ff:ff:ff:ff:ff for a hello
 *     6  6  source
 *    12  2  EtherType      0x88B5, IEEE 802's "local experimental 1": for a lab and a private segment
 *    14  …  packet         header.ts
 */

export const etherTypeOfUtcp = 0x88b5;
export const broadcastAddress = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

const offsets = { destination: 0, source: 6, etherType: 12, packet: 14 } as const;

export interface EthernetFrame {
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  readonly packet: Uint8Array;
}

/** Inverse of {@link formatEthernet}; undefined for a frame that is too short or carries another protocol. */
export function parseEthernet(frame: Uint8Array): EthernetFrame | undefined {
  if (frame.length < offsets.packet) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.getUint16(offsets.etherType) !== etherTypeOfUtcp) return undefined;
  return {
    destination: frame.slice(offsets.destination, offsets.source),
    source: frame.slice(offsets.source, offsets.etherType),
    packet: frame.subarray(offsets.packet),
  };
}

export function formatEthernet({ destination, source, packet }: EthernetFrame): Uint8Array {
  const frame = new Uint8Array(offsets.packet + packet.length);
  frame.set(destination, offsets.destination);
  frame.set(source, offsets.source);
  new DataView(frame.buffer).setUint16(offsets.etherType, etherTypeOfUtcp);
  frame.set(packet, offsets.packet);
  return frame;
}
