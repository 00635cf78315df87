/**
 * The shared vectors of UTCP hellos: frames in the order in which one receiver gets them, and what comes of each.
 * The kernel's receiver is held to the same file. `UPDATE_VECTORS=1 npx jest test/providers/utcp` writes it anew.
 */
import type { KeyObject } from 'node:crypto';
import { cellId, publicKeyBytes, sha256, signingKeyOfSeed } from '../../../model';
import {
  broadcastAddress,
  formatEthernet,
  formatPacket,
  helloPacket,
  type UtcpPacket,
} from '../../../providers/utcp';

export interface Vectors {
  readonly description: string;
  readonly meshKey: string;
  readonly helloIntervalMs: number;
  /** The receiver. */
  readonly self: Identity;
  readonly peers: readonly Identity[];
  readonly frames: readonly VectorFrame[];
}
export interface Identity {
  readonly name: string;
  readonly seed: string;
  readonly publicKey: string;
  readonly cellId: string;
}
export interface VectorFrame {
  readonly note: string;
  readonly atMs: number;
  readonly frame: string;
  /** `heard NAME` or `dropped REASON`. */
  readonly outcome: string;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const seedOf = (name: string): Uint8Array => sha256(Buffer.from(`utcp vector ${name}`));
export const keyOf = (name: string): KeyObject => signingKeyOfSeed(seedOf(name));
export const meshKey = sha256(Buffer.from('utcp vector mesh')).slice(0, 16);

function identity(name: string): Identity {
  const publicKey = publicKeyBytes(keyOf(name));
  return { name, seed: hex(seedOf(name)), publicKey: hex(publicKey), cellId: cellId(meshKey, publicKey) };
}
const [n0, n1, n2] = [identity('n0'), identity('n1'), identity('n2')] as const;

export function frameOf(packet: Uint8Array, source = Uint8Array.of(2, 0, 0, 0, 0, 1)): Uint8Array {
  return formatEthernet({ destination: broadcastAddress, source, packet });
}

function hello(name: string, epoch: bigint, sequence: bigint, change: Partial<UtcpPacket> = {}): Uint8Array {
  return frameOf(formatPacket({ ...helloPacket(meshKey, keyOf(name), epoch, sequence), ...change }, meshKey));
}

/** The frame with one byte changed; negative offsets count from its end. The tag is not made anew. */
function broken(frame: Uint8Array, offset: number): Uint8Array {
  const copy = frame.slice();
  const at = offset < 0 ? copy.length + offset : offset;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

const header = 14;

/** n1's hello signed by another key, with a right tag: what a hostile member of the mesh can make. */
function forged(epoch: bigint, sequence: bigint, offset: number): Uint8Array {
  const packet = helloPacket(meshKey, keyOf('n1'), epoch, sequence);
  return frameOf(formatPacket({ ...packet, payload: broken(packet.payload, offset) }, meshKey));
}

const steps: readonly (readonly [string, number, Uint8Array, string])[] = [
  ['the first hello of n1', 0, hello('n1', 1n, 1n), 'heard n1'],
  ['the same frame again', 10, hello('n1', 1n, 1n), 'dropped replay'],
  ['the next one', 1000, hello('n1', 1n, 2n), 'heard n1'],
  ['one from before', 1010, hello('n1', 1n, 1n), 'dropped replay'],
  ['a gap in the sequence is no fault', 2000, hello('n1', 1n, 9n), 'heard n1'],
  ['n2 with 64-bit numbers', 2000, hello('n2', (1n << 64n) - 1n, (1n << 64n) - 1n), 'heard n2'],
  ['a flipped bit in the tag', 2100, broken(hello('n1', 1n, 10n), -1), 'dropped tag'],
  ['a flipped bit in the epoch', 2100, broken(hello('n1', 1n, 10n), header + 47), 'dropped tag'],
  ['a flipped bit in the payload', 2100, broken(hello('n1', 1n, 10n), header + 56), 'dropped tag'],
  [
    'the tag of another mesh',
    2100,
    frameOf(formatPacket(helloPacket(meshKey, keyOf('n1'), 1n, 10n), new Uint8Array(16))),
    'dropped tag',
  ],
  ['an unknown version', 2100, broken(hello('n1', 1n, 10n), header), 'dropped version'],
  ['a flag that nobody knows', 2100, broken(hello('n1', 1n, 10n), header + 3), 'dropped version'],
  ['a frame cut short', 2100, hello('n1', 1n, 10n).slice(0, -1), 'dropped length'],
  [
    'a frame with a byte too many',
    2100,
    Buffer.concat([hello('n1', 1n, 10n), Buffer.of(0)]),
    'dropped length',
  ],
  ['a payload length that lies', 2100, broken(hello('n1', 1n, 10n), header + 5), 'dropped length'],
  ['a header alone', 2100, hello('n1', 1n, 10n).slice(0, header + 56), 'dropped length'],
  ['another EtherType', 2100, broken(hello('n1', 1n, 10n), 13), 'dropped ethertype'],
  ['nothing', 2100, new Uint8Array(), 'dropped ethertype'],
  ['a member that is no peer', 2100, hello('stranger', 1n, 1n), 'dropped stranger'],
  ['an unknown type', 2100, hello('n1', 1n, 10n, { type: 2 }), 'dropped type'],
  ['a payload of another size', 2100, hello('n1', 1n, 10n, { payload: new Uint8Array(95) }), 'dropped hello'],
  ['none of these moved the sequence', 2200, hello('n1', 1n, 10n), 'heard n1'],
  ['a new epoch with a wrong signature', 2300, forged(2n, 1n, 40), 'dropped signature'],
  ['a new epoch with another public key', 2300, forged(2n, 1n, 0), 'dropped signature'],
  [
    'a new epoch with the signature of the old one',
    2300,
    hello('n1', 2n, 1n, { payload: helloPacket(meshKey, keyOf('n1'), 1n, 1n).payload }),
    'dropped signature',
  ],
  ['the old epoch still holds', 2400, hello('n1', 1n, 11n), 'heard n1'],
  ['a new epoch begins at any sequence', 2500, hello('n1', 2n, 0n), 'heard n1'],
  ['the epoch before it is over', 2600, hello('n1', 1n, 12n), 'dropped replay'],
  ['to one cell by its CellID', 2700, hello('n1', 2n, 1n, { destination: n0.cellId }), 'heard n1'],
];

export const vectors: Vectors = {
  description:
    'UTCP hello frames (docs/utcp.md) in the order in which the receiver "self" gets them, with the time of each ' +
    'in milliseconds and what comes of it. Seeds are RFC 8032 seeds. Made by test/providers/utcp/_vectors.ts.',
  meshKey: hex(meshKey),
  helloIntervalMs: 1000,
  self: n0,
  peers: [n1, n2],
  frames: steps.map(([note, atMs, frame, outcome]) => ({ note, atMs, frame: hex(frame), outcome })),
};
export { n1 };
