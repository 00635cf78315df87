/**
 * A commit: everything that one append adds to the log, in one file, durable before it becomes the head. All other
 * files follow from it and can be written again by anyone who holds the log's key.
 *
 *     provchain-commit@v1
 *     base 5 <id of the commit before, 64 hex digits>
 *     tree 7 <root of the tree of 7 entries, base64>
 *     nonce <32 hex digits, so that no two commits have one id>
 *     entries 2
 *                                                        an empty line, then
 *     entry bundle of the 2 entries                      u32be length || bytes (bundle.ts)
 *     record pack of their 2 payloads                    u32be length || bytes (bundle.ts)
 *     signature of the log's key over all before         64 bytes
 *
 * The commit's id is the SHA-256 of the file in hex, and the file's name. The signature says who may extend the log,
 * not that the log was extended: unlike a checkpoint it may stand on a draft that never became the head.
 */
import { sha256, signatureSizeBytes, verifyEd25519 } from '../../../model';
import { formatBase64, parseBase64 } from '../formats/base64';
import { formatBundle, formatPack, parseBundle, parsePack } from '../formats/bundle';
import type { TreeHead } from '../formats/checkpoint';
import { type NoteSigner, type NoteVerifier, withReplaced } from '../formats/note';
import { damaged } from './damage';
import { formatHead, type Head, parseHead } from './head';
import { commitFile } from './layout';

/** One entry and its payload. */
export interface LoggedRecord {
  readonly leaf: Uint8Array;
  readonly payload: Uint8Array;
}

export interface Commit {
  /** The head that this commit replaces. */
  readonly base: Head;
  /** The tree after it. */
  readonly tree: TreeHead;
  /** 32 hex digits. */
  readonly nonce: string;
  readonly records: readonly LoggedRecord[];
}

/** Bounds of one commit; the writer splits larger batches. */
export const commitRecordCountMax = 256;
export const commitPayloadSizeBytesMax = 16 * 1024 * 1024;
export const commitSizeBytesMax = 2 * commitPayloadSizeBytesMax;

export interface SealedCommit {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The file of a commit. Inverse: {@link parseCommit}. */
export function formatCommit(commit: Commit, log: NoteSigner): SealedCommit {
  const { base, tree, nonce, records } = commit;
  const head = `provchain-commit@v1\nbase ${formatHead(base).replace('-', ' ')}\ntree ${tree.size} ${formatBase64(tree.root)}\nnonce ${nonce}\nentries ${records.length}\n\n`;
  const parts = [
    formatBundle(records.map(({ leaf }) => leaf)),
    formatPack(records.map(({ payload }) => payload)),
  ];
  const body = Buffer.concat([Buffer.from(head), ...parts.flatMap((part) => [lengthOf(part), part])]);
  const bytes = new Uint8Array(Buffer.concat([body, log.sign(body)]));
  return { id: idOfCommit(bytes), bytes };
}

function lengthOf(part: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(part.length);
  return length;
}

export function idOfCommit(bytes: Uint8Array): string {
  return Buffer.from(sha256(bytes)).toString('hex');
}

const headPattern =
  /^provchain-commit@v1\nbase (\d{1,16}) ([0-9a-f]{64})\ntree (\d{1,16}) ([A-Za-z0-9+/=]{44})\nnonce ([0-9a-f]{32})\nentries (0|[1-9]\d{0,2})\n\n/;
const headLengthMax = 400;

/** Inverse of {@link formatCommit}. @throws NexusError `ledger-damaged` */
export function parseCommit(bytes: Uint8Array, id: string, log: NoteVerifier): Commit {
  const file = commitFile(id);
  if (idOfCommit(bytes) !== id) throw damaged(file, 'its SHA-256 is not its name');
  const commit = parseUnsigned(bytes);
  if (commit === undefined) throw damaged(file, 'not a commit');
  const signed = bytes.subarray(0, bytes.length - signatureSizeBytes);
  const signature = bytes.subarray(signed.length);
  if (withReplaced(log).some(({ publicKey }) => verifyEd25519(publicKey, signed, signature))) return commit;
  throw damaged(file, `not signed by ${log.name}`);
}

/** The head that a commit file, or a draft, builds on; undefined when it cannot be told. */
export function baseOfCommit(bytes: Uint8Array): Head | undefined {
  const [, size, id] = headPattern.exec(headText(bytes)) ?? [];
  return parseHead(`${size}-${id}`);
}

function headText(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, headLengthMax)).toString('latin1');
}

function parseUnsigned(bytes: Uint8Array): Commit | undefined {
  const match = headPattern.exec(headText(bytes));
  if (match === null) return undefined;
  const [whole, baseSize = '', baseId = '', size = '', rootText = '', nonce = '', count = ''] = match;
  const [bundle, pack] = splitParts(bytes.subarray(whole.length, bytes.length - signatureSizeBytes)) ?? [];
  const base = parseHead(`${baseSize}-${baseId}`);
  const root = parseBase64(rootText);
  const leaves = parseBundle(bundle ?? new Uint8Array(), Number(count));
  const payloads = parsePack(pack ?? new Uint8Array(), Number(count));
  if (base === undefined || root?.length !== 32 || leaves === undefined || payloads === undefined)
    return undefined;
  const tree = { size: Number(size), root };
  if (tree.size !== base.size + leaves.length || String(tree.size) !== size) return undefined;
  const records = leaves.map((leaf, at) => ({ leaf, payload: payloads[at] ?? new Uint8Array() }));
  return { base, tree, nonce, records };
}

/** The two parts behind their lengths, when they fill the bytes. */
function splitParts(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  return parsePack(bytes, 2);
}
