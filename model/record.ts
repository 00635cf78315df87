/**
 * The predicates of ProvChain's records: what each kind of statement says. A record is an in-toto statement
 * (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md); see statement.ts for its bytes.
 * 64-bit numbers are decimal text, keys and digests are lower-case hex, blocks are CIDs.
 */
import { isCid } from './cid';
import { NexusError } from './error';
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

/**
 * The heartbeats that a collector saw in an interval: one Merkle root in the ledger for all of them, however many. The
 * signed heartbeats themselves are kept for a while beside the ledger, and each can be proved under the root.
 */
export interface HeartbeatInterval {
  /** Where the collector stands: one site, one record an interval. */
  readonly site: string;
  readonly from: string;
  readonly to: string;
  /** Number of heartbeats. */
  readonly count: number;
  /** Number of nodes that at least one is from. */
  readonly nodeCount: number;
  /** Merkle root (RFC 6962) over the heartbeat statements, in the order in which they were heard. */
  readonly root: string;
  /** Number of nodes that should have been heard and were not. */
  readonly silentCount: number;
  /** Their names, sorted, as many as a record holds. */
  readonly silent: readonly string[];
}
const heartbeatInterval: Shape<HeartbeatInterval> = object({
  site: name,
  from: instant,
  to: instant,
  count: whole(),
  nodeCount: whole(),
  root: hex32,
  silentCount: whole(),
  silent: list(name, countMax),
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

export const keyRoles = ['node', 'deployer', 'log', 'collector'] as const;

/**
 * A public key that signs records, and for whom. With `replaces` it is a rotation: signed with the replaced key, and
 * from the next entry on the new key stands in its place.
 */
export interface KeyIntroduction {
  readonly role: (typeof keyRoles)[number];
  readonly name: string;
  readonly key: string;
  /** The key that this one replaces. */
  readonly replaces?: string | undefined;
  /** The new key's signature over the rotation, in hex: whoever has it agrees. Goes with `replaces`. */
  readonly proof?: string | undefined;
  readonly at?: string | undefined;
}
const keyFields = object({
  role: oneOf(keyRoles),
  name,
  key: hex32,
  replaces: optional(hex32),
  proof: optional(text(/^[0-9a-f]{128}$/, '128 hex digits')),
  at: optional(instant),
});
const key: Shape<KeyIntroduction> = (value, path) => {
  const fields = keyFields(value, path);
  const given = [fields.replaces, fields.proof].filter((field) => field !== undefined);
  if (given.length !== 1) return fields;
  throw new NexusError(
    'bad-shape',
    `Cannot read "${path || 'key'}": one of "replaces" and "proof", expected both`,
  );
};

/** A key counts no more: from this entry's place in the log on, or from an earlier one. */
export interface Revocation {
  readonly key: string;
  readonly role: (typeof keyRoles)[number];
  readonly name: string;
  /** Index of the first entry that the key's signature is worth nothing on. @default this record's own place */
  readonly fromIndex?: number | undefined;
  readonly reason: string;
  readonly at: string;
}
const revocation: Shape<Revocation> = object({
  key: hex32,
  role: oneOf(keyRoles),
  name,
  fromIndex: optional(whole()),
  reason: prose(1000),
  at: instant,
});

/** The lowest release of its name that may be deployed: what stands before it in the log may not any more. */
export interface ReleaseFloor {
  /** CID of the release record. */
  readonly release: string;
  readonly reason?: string | undefined;
  readonly at: string;
}
const floor: Shape<ReleaseFloor> = object({ release: cid, reason, at: instant });

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
  readonly revocation: Revocation;
  readonly floor: ReleaseFloor;
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
  revocation,
  floor,
};
export const recordKinds = Object.keys(predicateShapes) as readonly RecordKind[];
