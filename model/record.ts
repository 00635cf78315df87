/**
 * The predicates of ProvChain's records: what each kind of statement says. A record is an in-toto statement
 * (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md); see statement.ts for its bytes.
 * 64-bit numbers are decimal text, keys and digests are lower-case hex, blocks are CIDs.
 */
import { isCid } from './cid';
import { namePattern } from './name';
import { checkRelease, type Release } from './release';
import { flag, list, map, object, oneOf, optional, parsed, prose, type Shape, text, whole } from './shape';

/** The most nodes, images or cells that one record names. */
const countMax = 4096;

const name = text(namePattern, 'a name');
const cid = parsed(isCid, 'a CID');
const hex32 = text(/^[0-9a-f]{64}$/, '64 hex digits');
const cellId = text(/^[0-9a-f]{32}$/, '32 hex digits');
/** An instant in UTC with milliseconds, as `Date.toISOString` writes it. */
const instant = parsed(isInstant, 'an instant like 2026-01-31T12:00:00.000Z');
function isInstant(value: string): value is string {
  const date = new Date(value);
  return value.length === 24 && !Number.isNaN(date.getTime()) && date.toISOString() === value;
}
const reason = optional(prose(1000));

/** Decimal text of an unsigned 64-bit number, without leading zeros. */
const decimal64: Shape<string> = (value, path) => {
  const digits = text(/^(0|[1-9]\d{0,19})$/, 'a decimal number of 64 bits')(value, path);
  return parsed(isWithin64Bits, 'a decimal number below 2^64')(digits, path);
};
const isWithin64Bits = (digits: string): digits is string => BigInt(digits) < 1n << 64n;

/** A file of the factory: a cell's `.npk` (by its Variant-CID) or an image. */
export interface Artifact {
  readonly kind: 'cell' | 'image';
  readonly name: string;
  readonly cid: string;
  readonly sizeBytes: number;
  /** Digest of the source folder (a cell) or of the kernel's sources (an image). */
  readonly source: string;
  /** The compiler and linker, by name and version. */
  readonly toolchain: string;
  /** The Variant-CIDs in an image, by cell name. */
  readonly cells?: Readonly<Record<string, string>> | undefined;
}
const artifact: Shape<Artifact> = object({
  kind: oneOf(['cell', 'image']),
  name,
  cid,
  sizeBytes: whole(),
  source: hex32,
  toolchain: prose(200),
  cells: optional(map(namePattern, cid, countMax)),
});

const kdlReference = object({ kdl: cid });
const releaseFields = object({
  name,
  systems: map(namePattern, kdlReference, countMax),
  images: map(namePattern, object({ image: cid, sizeBytes: optional(whole()) }), countMax),
  meshes: map(namePattern, kdlReference, countMax),
  placement: map(namePattern, object({ host: name, image: name, mesh: name }), countMax),
});
const release: Shape<Release> = (value, path) => checkRelease(releaseFields(value, path));

/** What came of putting an image on a node. */
export interface Deployment {
  readonly node: string;
  readonly host: string;
  /** CID of the release record. */
  readonly release: string;
  readonly image: string;
  /** Digest of the configuration's stable part, when the node got as far. */
  readonly config?: string | undefined;
  /** The node's public key. */
  readonly key: string;
  readonly slot: 'a' | 'b';
  readonly epoch: string;
  readonly outcome: 'deployed' | 'failed' | 'removed';
  readonly reason?: string | undefined;
  /** When it came out so; left out where a node was found running as wanted. */
  readonly at?: string | undefined;
}
const deployment: Shape<Deployment> = object({
  node: name,
  host: name,
  release: cid,
  image: cid,
  config: optional(hex32),
  key: hex32,
  slot: oneOf(['a', 'b']),
  epoch: decimal64,
  outcome: oneOf(['deployed', 'failed', 'removed']),
  reason,
  at: optional(instant),
});

export const cellStates = ['running', 'exited', 'crashed', 'pledge-violation'] as const;
export type CellState = (typeof cellStates)[number];

/** What a node says of itself, signed by its own key. The subject of the statement is the measured image. */
export interface Heartbeat {
  readonly node: string;
  readonly key: string;
  readonly release: string;
  readonly config: string;
  readonly epoch: string;
  readonly sequence: string;
  readonly uptimeMicros: string;
  readonly cells: readonly { readonly name: string; readonly state: CellState }[];
  readonly peers: readonly { readonly name: string; readonly cellId: string; readonly heard: boolean }[];
}
/** A heartbeat that answers a challenge. */
export interface Boot extends Heartbeat {
  readonly nonce: string;
}
const head = { node: name, key: hex32, release: cid, config: hex32 };
const tail = {
  epoch: decimal64,
  sequence: decimal64,
  uptimeMicros: decimal64,
  cells: list(object({ name, state: oneOf(cellStates) }), countMax),
  peers: list(object({ name, cellId, heard: flag }), countMax),
};
const boot: Shape<Boot> = object({ ...head, nonce: hex32, ...tail });
const heartbeat: Shape<Heartbeat> = object({ ...head, ...tail });

/** The heartbeats that a collector saw in an interval: one Merkle root in the ledger for all of them. */
export interface HeartbeatInterval {
  readonly from: string;
  readonly to: string;
  readonly nodes: readonly NodeHeartbeats[];
}
export interface NodeHeartbeats {
  readonly node: string;
  readonly key: string;
  readonly epoch: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly count: number;
  /** Merkle root (RFC 6962) over the node's heartbeat statements in the order of their sequence. */
  readonly root: string;
}
const heartbeatInterval: Shape<HeartbeatInterval> = object({
  from: instant,
  to: instant,
  nodes: list(
    object({
      node: name,
      key: hex32,
      epoch: decimal64,
      firstSequence: decimal64,
      lastSequence: decimal64,
      count: whole(),
      root: hex32,
    }),
    countMax,
  ),
});

/** A fleet was set back from one release to an older one; both are CIDs of release records. */
export interface Rollback {
  readonly from: string;
  readonly to: string;
  readonly reason?: string | undefined;
  /** When it was decided: the same rollback on another day is another record. */
  readonly at: string;
}
const rollback: Shape<Rollback> = object({ from: cid, to: cid, reason, at: instant });

/** A public key that signs records, and for whom. */
export interface KeyIntroduction {
  readonly role: 'node' | 'deployer' | 'log' | 'collector';
  readonly name: string;
  readonly key: string;
}
const key: Shape<KeyIntroduction> = object({
  role: oneOf(['node', 'deployer', 'log', 'collector']),
  name,
  key: hex32,
});

/** The kinds of record and the type of each one's predicate. */
export interface Predicates {
  readonly artifact: Artifact;
  readonly release: Release;
  readonly deployment: Deployment;
  readonly boot: Boot;
  readonly heartbeat: Heartbeat;
  readonly 'heartbeat-interval': HeartbeatInterval;
  readonly rollback: Rollback;
  readonly key: KeyIntroduction;
}
export type RecordKind = keyof Predicates;

/** The shape of each kind's predicate, which also fixes its order of keys. */
export const predicateShapes: { readonly [K in RecordKind]: Shape<Predicates[K]> } = {
  artifact,
  release,
  deployment,
  boot,
  heartbeat,
  'heartbeat-interval': heartbeatInterval,
  rollback,
  key,
};
export const recordKinds = Object.keys(predicateShapes) as readonly RecordKind[];
