/**
 * A UTCP packet: header, payload, tag. Big-endian.
 *
 *      0   1  version = 1
 *      1   1  type               1 hello, 2-5 handshake, 6-9 of a session (wire/)
 *      2   2  flags = 0
 *      4   2  payload length
 *      6   2  key generation     0 in types 1 to 5
 *      8  16  source CellID
 *     24  16  destination CellID, all ff = anyone
 *     40   8  epoch              counts the sender's boots
 *     48   8  sequence           counts the sender's packets within the epoch
 *     56   …  payload
 *      …  16  tag                types 1 to 5: SipHash-2-4-128(mesh key, header || payload)
 *                                types 6 to 9: that of ChaCha20-Poly1305, wire/sealed.ts
 *
 * The tag of types 1 to 5 says that a member of the mesh made the packet, and no more. docs/utcp.md has the rules.
 */
import { timingSafeEqual } from 'node:crypto';
import { NexusError, sipHash128 } from '../../model';

export const utcpVersion = 1;
export const headerSizeBytes = 56;
export const tagSizeBytes = 16;
/** What fits an Ethernet frame of 1500 bytes. */
export const payloadSizeBytesMax = 1500 - headerSizeBytes - tagSizeBytes;
export const anyone = 'f'.repeat(32);

export const packetTypes = {
  hello: 1,
  initiate: 2,
  cookie: 3,
  open: 4,
  accept: 5,
  data: 6,
  feedback: 7,
  heartbeat: 8,
  close: 9,
} as const;

const offsets = {
  version: 0,
  type: 1,
  flags: 2,
  payloadLength: 4,
  generation: 6,
  source: 8,
  destination: 24,
  epoch: 40,
  sequence: 48,
  payload: headerSizeBytes,
} as const;

export interface UtcpHeader {
  readonly type: number;
  /** CellID in 32 hex digits. */
  readonly source: string;
  /** CellID in 32 hex digits, or {@link anyone}. */
  readonly destination: string;
  readonly epoch: bigint;
  readonly sequence: bigint;
}

export interface UtcpPacket extends UtcpHeader {
  readonly payload: Uint8Array;
}

/** Why a packet is dropped before anything of it is believed. */
export type PacketFault = 'length' | 'version' | 'tag';

/**
 * Inverse of {@link formatPacket} on bytes from the wire: length and version first, then the tag, before any other
 * field is looked at.
 */
export function parsePacket(bytes: Uint8Array, meshKey: Uint8Array): UtcpPacket | PacketFault {
  return whyNotPacket(bytes, meshKey) ?? readFields(bytes);
}

function whyNotPacket(bytes: Uint8Array, meshKey: Uint8Array): PacketFault | undefined {
  const fault = whyNotForm(bytes);
  if (fault !== undefined) return fault;
  if (readGeneration(bytes) !== 0) return 'version';
  const tagged = bytes.subarray(0, -tagSizeBytes);
  return timingSafeEqual(sipHash128(meshKey, tagged), bytes.subarray(-tagSizeBytes)) ? undefined : 'tag';
}

/** What can be asked of a packet of any type without a key. */
export function whyNotForm(bytes: Uint8Array): 'length' | 'version' | undefined {
  if (bytes.length < headerSizeBytes + tagSizeBytes) return 'length';
  const view = viewOf(bytes);
  if (view.getUint8(offsets.version) !== utcpVersion) return 'version';
  const payloadLength = view.getUint16(offsets.payloadLength);
  if (bytes.length !== headerSizeBytes + payloadLength + tagSizeBytes) return 'length';
  if (payloadLength > payloadSizeBytesMax) return 'length';
  return view.getUint16(offsets.flags) === 0 ? undefined : 'version';
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Of a packet whose form is checked. */
export const readType = (bytes: Uint8Array): number => viewOf(bytes).getUint8(offsets.type);
/** Of a packet whose form is checked. */
export const readGeneration = (bytes: Uint8Array): number => viewOf(bytes).getUint16(offsets.generation);

function readFields(bytes: Uint8Array): UtcpPacket {
  return { ...readHeader(bytes), payload: bytes.slice(offsets.payload, -tagSizeBytes) };
}

/** Inverse of {@link writeHeader} on a packet whose form is checked. */
export function readHeader(bytes: Uint8Array): UtcpHeader {
  const view = viewOf(bytes);
  const hex = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('hex');
  return {
    type: view.getUint8(offsets.type),
    source: hex(offsets.source, offsets.destination),
    destination: hex(offsets.destination, offsets.epoch),
    epoch: view.getBigUint64(offsets.epoch),
    sequence: view.getBigUint64(offsets.sequence),
  };
}

/** Fills the first 56 bytes. @param payloadLength of a packet that may not be whole yet */
export function writeHeader(
  bytes: Uint8Array,
  header: UtcpHeader,
  payloadLength: number,
  generation: number,
): void {
  const view = viewOf(bytes);
  view.setUint8(offsets.version, utcpVersion);
  view.setUint8(offsets.type, header.type);
  view.setUint16(offsets.flags, 0);
  view.setUint16(offsets.payloadLength, payloadLength);
  view.setUint16(offsets.generation, generation);
  bytes.set(Buffer.from(header.source, 'hex'), offsets.source);
  bytes.set(Buffer.from(header.destination, 'hex'), offsets.destination);
  view.setBigUint64(offsets.epoch, header.epoch);
  view.setBigUint64(offsets.sequence, header.sequence);
}

/** @throws NexusError `bad-packet` on a field that no packet can carry */
export function formatPacket(packet: UtcpPacket, meshKey: Uint8Array): Uint8Array {
  checkPacket(packet);
  const bytes = new Uint8Array(headerSizeBytes + packet.payload.length + tagSizeBytes);
  writeHeader(bytes, packet, packet.payload.length, 0);
  bytes.set(packet.payload, offsets.payload);
  bytes.set(sipHash128(meshKey, bytes.subarray(0, -tagSizeBytes)), bytes.length - tagSizeBytes);
  return bytes;
}

function checkPacket({ source, destination, payload, epoch, sequence }: UtcpPacket): void {
  const refuse = (reason: string): never => {
    throw new NexusError('bad-packet', `Cannot write a UTCP packet: ${reason}`);
  };
  for (const id of [source, destination])
    if (!/^[0-9a-f]{32}$/.test(id)) refuse(`CellID "${id.slice(0, 40)}", expected 32 hex digits`);
  if (payload.length > payloadSizeBytesMax)
    refuse(`${payload.length} bytes of payload, expected at most ${payloadSizeBytesMax}`);
  for (const count of [epoch, sequence])
    if (count < 0n || count >= 1n << 64n) refuse(`the number ${count}, expected 64 bits`);
}
