/**
 * The node's configuration: a blob that QEMU hands to the kernel as its initrd. It stands beside the image, never
 * inside it, so that all nodes of an image have one image digest. Little-endian:
 *
 *     0 "NXCF"   4 u16 version=1   6 u16 0   8 u32 totalSizeBytes   12 u32 stableSizeBytes
 *     16 fields: u16 type, u16 length, value; the stable ones in ascending type, then the volatile ones
 *     last 32 bytes: SHA-256 of all before
 *
 * Stable: 1 node name, 2 node seed (32), 3 mesh name, 4 mesh key (16), 5 release CID in text, 6 hello interval ms
 * (u32), 7 heartbeat interval ms (u32), 8 a peer, repeated and sorted by name: public key (32), CellID (16), name.
 * Volatile, new at each start: 32 epoch (u64), 33 first nonce (32).
 */
import { type Cid, NexusError, namePattern, parseCid, sha256 } from '../../model';

export const configLimits = { sizeBytes: 8192, peers: 64 } as const;

export interface NodePeer {
  readonly name: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  /** 16 bytes. */
  readonly cellId: Uint8Array;
}

export interface NodeConfig {
  readonly node: string;
  /** Ed25519 seed of RFC 8032, 32 secret bytes. */
  readonly seed: Uint8Array;
  readonly mesh: string;
  /** 16 secret bytes. */
  readonly meshKey: Uint8Array;
  readonly release: Cid;
  readonly helloIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  /** In any order; they are written sorted by name. */
  readonly peers: readonly NodePeer[];
  /** Counts the starts of this node; a higher one wins. */
  readonly epoch: bigint;
  /** 32 bytes that the first boot record must carry. */
  readonly nonce: Uint8Array;
}

const magic = 'NXCF';
const version = 1;
const headerSizeBytes = 16;
const digestSizeBytes = 32;
const maxU64 = 2n ** 64n - 1n;

const fieldType = {
  node: 1,
  seed: 2,
  mesh: 3,
  meshKey: 4,
  release: 5,
  helloIntervalMs: 6,
  heartbeatIntervalMs: 7,
  peer: 8,
  epoch: 32,
  nonce: 33,
} as const;

interface Field {
  readonly type: number;
  readonly value: Uint8Array;
}

/** Inverse of {@link parseNodeConfig}. @throws NexusError `bad-config` */
export function formatNodeConfig(config: NodeConfig): Uint8Array {
  checkConfig(config);
  const stable = Buffer.concat(stableFields(config).map(formatField));
  const volatile = Buffer.concat(volatileFields(config).map(formatField));
  const stableSizeBytes = headerSizeBytes + stable.length;
  const totalSizeBytes = stableSizeBytes + volatile.length + digestSizeBytes;
  if (totalSizeBytes > configLimits.sizeBytes)
    throw badConfig(`${totalSizeBytes} bytes, expected at most ${configLimits.sizeBytes}`);
  const body = Buffer.concat([formatHeader(totalSizeBytes, stableSizeBytes), stable, volatile]);
  return new Uint8Array(Buffer.concat([body, sha256(body)]));
}

/** Inverse of {@link formatNodeConfig}; the bytes are not trusted. @throws NexusError `bad-config` */
export function parseNodeConfig(bytes: Uint8Array): NodeConfig {
  const body = checkEnvelope(bytes);
  const config = configOfFields(parseFields(body.subarray(headerSizeBytes)));
  // One configuration has one blob: whatever the order, padding or repetition, it must be what we would write.
  if (Buffer.compare(formatNodeConfig(config), bytes) !== 0) throw badConfig('not in canonical order');
  return config;
}

/** SHA-256 of the blob up to its volatile fields: what a boot record names as `config`. */
export function configDigest(config: NodeConfig): Uint8Array {
  const bytes = formatNodeConfig(config);
  return sha256(bytes.subarray(0, Buffer.from(bytes.buffer).readUInt32LE(12)));
}

function stableFields(config: NodeConfig): Field[] {
  const peers = [...config.peers].sort((left, right) => (left.name < right.name ? -1 : 1));
  return [
    { type: fieldType.node, value: Buffer.from(config.node) },
    { type: fieldType.seed, value: config.seed },
    { type: fieldType.mesh, value: Buffer.from(config.mesh) },
    { type: fieldType.meshKey, value: config.meshKey },
    { type: fieldType.release, value: Buffer.from(config.release) },
    { type: fieldType.helloIntervalMs, value: u32(config.helloIntervalMs) },
    { type: fieldType.heartbeatIntervalMs, value: u32(config.heartbeatIntervalMs) },
    ...peers.map((peer) => ({ type: fieldType.peer, value: formatPeer(peer) })),
  ];
}

function volatileFields(config: NodeConfig): Field[] {
  const epoch = Buffer.alloc(8);
  epoch.writeBigUInt64LE(config.epoch);
  return [
    { type: fieldType.epoch, value: epoch },
    { type: fieldType.nonce, value: config.nonce },
  ];
}

function formatHeader(totalSizeBytes: number, stableSizeBytes: number): Uint8Array {
  // The stable size is part of what the stable digest covers; the total size is too, and never changes between
  // two starts because the volatile fields have fixed sizes.
  const header = Buffer.alloc(headerSizeBytes);
  header.write(magic, 0, 'latin1');
  header.writeUInt16LE(version, 4);
  header.writeUInt32LE(totalSizeBytes, 8);
  header.writeUInt32LE(stableSizeBytes, 12);
  return header;
}

function formatField(field: Field): Uint8Array {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(field.type, 0);
  head.writeUInt16LE(field.value.length, 2);
  return Buffer.concat([head, field.value]);
}

function formatPeer(peer: NodePeer): Uint8Array {
  return Buffer.concat([peer.publicKey, peer.cellId, Buffer.from(peer.name)]);
}

function parsePeer(value: Uint8Array): NodePeer {
  return { publicKey: value.slice(0, 32), cellId: value.slice(32, 48), name: text(value.subarray(48)) };
}

/** Checks size, magic and digest. @returns the bytes before the digest */
function checkEnvelope(bytes: Uint8Array): Uint8Array {
  if (bytes.length > configLimits.sizeBytes || bytes.length < headerSizeBytes + digestSizeBytes)
    throw badConfig(`${bytes.length} bytes, expected 48 to ${configLimits.sizeBytes}`);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.toString('latin1', 0, 4) !== magic) throw badConfig(`no "${magic}" at its start`);
  if (view.readUInt16LE(4) !== version)
    throw badConfig(`version ${view.readUInt16LE(4)}, expected ${version}`);
  const body = bytes.subarray(0, bytes.length - digestSizeBytes);
  if (Buffer.compare(sha256(body), bytes.subarray(body.length)) !== 0) throw badConfig('its digest is wrong');
  return body;
}

function parseFields(bytes: Uint8Array): Field[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: Field[] = [];
  for (let at = 0; at < view.length; ) {
    if (at + 4 > view.length) throw badConfig('cut off inside a field');
    const end = at + 4 + view.readUInt16LE(at + 2);
    if (end > view.length) throw badConfig('a field longer than the blob');
    fields.push({ type: view.readUInt16LE(at), value: bytes.slice(at + 4, end) });
    at = end;
  }
  return fields;
}

function configOfFields(fields: readonly Field[]): NodeConfig {
  const one = (type: number): Uint8Array => {
    const found = fields.find((field) => field.type === type);
    if (found === undefined) throw badConfig(`field ${type} is missing`);
    return found.value;
  };
  return {
    node: text(one(fieldType.node)),
    seed: one(fieldType.seed),
    mesh: text(one(fieldType.mesh)),
    meshKey: one(fieldType.meshKey),
    release: parseCid(text(one(fieldType.release))),
    helloIntervalMs: parseU32(one(fieldType.helloIntervalMs)),
    heartbeatIntervalMs: parseU32(one(fieldType.heartbeatIntervalMs)),
    peers: fields.filter((field) => field.type === fieldType.peer).map((field) => parsePeer(field.value)),
    epoch: parseU64(one(fieldType.epoch)),
    nonce: one(fieldType.nonce),
  };
}

function checkConfig(config: NodeConfig): void {
  for (const name of [config.node, config.mesh, ...config.peers.map((peer) => peer.name)])
    if (!namePattern.test(name)) throw badConfig(`${JSON.stringify(name.slice(0, 40))} is no name`);
  checkSize('seed', config.seed, 32);
  checkSize('mesh key', config.meshKey, 16);
  checkSize('nonce', config.nonce, 32);
  checkU32('hello interval', config.helloIntervalMs);
  checkU32('heartbeat interval', config.heartbeatIntervalMs);
  if (config.epoch < 0n || config.epoch > maxU64) throw badConfig(`epoch ${config.epoch} is no u64`);
  checkPeers(config.peers);
}

function checkPeers(peers: readonly NodePeer[]): void {
  if (peers.length > configLimits.peers)
    throw badConfig(`${peers.length} peers, expected at most ${configLimits.peers}`);
  if (new Set(peers.map((peer) => peer.name)).size !== peers.length) throw badConfig('one peer stands twice');
  for (const peer of peers) {
    checkSize(`public key of "${peer.name}"`, peer.publicKey, 32);
    checkSize(`CellID of "${peer.name}"`, peer.cellId, 16);
  }
}

function checkSize(what: string, bytes: Uint8Array, sizeBytes: number): void {
  if (bytes.length !== sizeBytes) throw badConfig(`${what} of ${bytes.length} bytes, expected ${sizeBytes}`);
}

function checkU32(what: string, value: number): void {
  if (!Number.isInteger(value) || value < 1 || value > 0xffffffff)
    throw badConfig(`${what} of ${value} ms, expected 1 to ${0xffffffff}`);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function parseU32(bytes: Uint8Array): number {
  checkSize('interval', bytes, 4);
  return Buffer.from(bytes).readUInt32LE(0);
}

function parseU64(bytes: Uint8Array): bigint {
  checkSize('epoch', bytes, 8);
  return Buffer.from(bytes).readBigUInt64LE(0);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function badConfig(reason: string): NexusError {
  return new NexusError('bad-config', `Cannot use a node configuration: ${reason}`);
}
