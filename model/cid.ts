/**
 * Content identifiers: CIDv1, sha2-256, codec raw (0x55) or dag-cbor (0x71), written in base32 (`bafk…`, `bafy…`).
 * https://github.com/multiformats/cid
 */
import { createHash } from 'node:crypto';
import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { NexusError, quote } from './error';

declare const cidBrand: unique symbol;
/** A CID in its base32 text. Made only by the functions of this file. */
export type Cid = string & { readonly [cidBrand]: true };

export type Codec = 'raw' | 'dag-cbor';
const codecCode: Record<Codec, number> = { raw: 0x55, 'dag-cbor': 0x71 };
const sha256Code = 0x12;

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** @param digest 32 bytes of SHA-256 */
export function cidFromDigest(codec: Codec, digest: Uint8Array): Cid {
  return CID.createV1(codecCode[codec], createDigest(sha256Code, digest)).toString() as Cid;
}

/** The CID of bytes as they are. */
export function cidOfRaw(bytes: Uint8Array): Cid {
  return cidFromDigest('raw', sha256(bytes));
}

/** Takes CID text from outside. @throws NexusError `bad-cid` */
export function parseCid(text: string): Cid {
  const reason = whyNotOurs(text);
  if (reason === undefined) return text as Cid;
  throw new NexusError('bad-cid', `Cannot read CID ${quote(text)}: ${reason}`, {
    hint: 'Copy the whole CID, as `nexus log` prints it.',
  });
}

export function isCid(text: string): text is Cid {
  return whyNotOurs(text) === undefined;
}

function whyNotOurs(text: string): string | undefined {
  if (text.length !== 59) return `${text.length} characters, expected 59 of base32`;
  try {
    const cid = CID.parse(text);
    const known = Object.values(codecCode).includes(cid.code);
    if (cid.version !== 1 || !known)
      return `version ${cid.version}, codec ${cid.code}, expected CIDv1 raw or dag-cbor`;
    if (cid.multihash.code !== sha256Code || cid.multihash.size !== 32) return 'its hash is not sha2-256';
    return cid.toString() === text ? undefined : 'not in canonical base32';
  } catch {
    return 'not a CID, expected CIDv1 in base32 ("bafk…" or "bafy…")';
  }
}

/** The 32 bytes of SHA-256 inside a CID. */
export function digestOfCid(cid: Cid): Uint8Array {
  return CID.parse(cid).multihash.digest.slice();
}

export function codecOfCid(cid: Cid): Codec {
  return CID.parse(cid).code === codecCode.raw ? 'raw' : 'dag-cbor';
}

export interface DagBlock {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
}

/** Canonical dag-cbor of a value; links are `CID` objects made by {@link linkTo}. */
export function encodeDagCbor(value: unknown): DagBlock {
  const bytes = dagCbor.encode(value);
  return { cid: cidFromDigest('dag-cbor', sha256(bytes)), bytes };
}

/** SHA-256 of a value's canonical dag-cbor in hex: a name for what is no block. */
export function digestOfDagCbor(value: unknown): string {
  return createHash('sha256').update(dagCbor.encode(value)).digest('hex');
}

/**
 * Inverse of {@link encodeDagCbor}. The library also reads unsorted maps and half floats, so a block is taken only
 * if encoding it again gives the same bytes. @throws NexusError `bad-block`
 */
export function decodeDagCbor(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = dagCbor.decode(bytes);
  } catch (cause) {
    throw new NexusError('bad-block', `Cannot decode a block of ${bytes.length} bytes: not dag-cbor`, {
      cause,
    });
  }
  if (Buffer.compare(dagCbor.encode(value), bytes) === 0) return value;
  throw new NexusError(
    'bad-block',
    `Cannot decode a block of ${bytes.length} bytes: dag-cbor, but not canonical`,
  );
}

/** A link to a block, to stand inside a value given to {@link encodeDagCbor}. */
export function linkTo(cid: Cid): CID {
  return CID.parse(cid);
}

/** The CID that a decoded link names, or undefined when the value is no link. */
export function asLink(value: unknown): Cid | undefined {
  const link = CID.asCID(value);
  return link === null ? undefined : (link.toString() as Cid);
}
