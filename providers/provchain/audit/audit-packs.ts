/**
 * The careful look of the audit at the payloads of one group: every entry has its payload, by digest and signature, and
 * every pack that is there, also one that a larger one has replaced, says the same. What a spoiled pack had is not
 * known, so no other file is blamed for what may be missing before its end.
 */
import { sha256 } from '../../../model';
import { parsePack } from '../formats/bundle';
import { verifyEnvelope } from '../formats/dsse';
import { type Leaf, parseLeaf } from '../formats/leaf';
import { formatPackPath } from '../storage/layout';
import { packSizeBytesMax } from '../storage/packs';
import { tileWidth } from '../tree/tile';
import { areEqual, type Hash, leafHash } from '../tree/tree';

/** The entries of a group as far as they could be read, and the hashes that were found to be true. */
export interface Group {
  readonly index: number;
  readonly entries: readonly Uint8Array[];
  readonly hashes: readonly Hash[];
}

export interface PackContext {
  /** Undefined also for a file that is too large. */
  readonly read: (path: string, sizeBytesMax: number) => Promise<Uint8Array | undefined>;
  readonly unexplained: Set<string>;
  readonly report: (file: string, problem: string) => void;
  readonly withSignatures: boolean;
}

/**
 * @param ends where the packs of the group end, ascending
 * @param required how many payloads of the group must be there
 * @returns how many entries have a payload, which was checked
 */
export async function checkPacks(
  context: PackContext,
  group: Group,
  ends: readonly number[],
  required: number,
): Promise<number> {
  const checked = new Set<number>();
  const gaps: (readonly [from: number, to: number])[] = [];
  let isWhole = false;
  let covered = 0;
  for (const end of ends.filter((each) => each <= group.hashes.length)) {
    const first = await checkPack(context, group, end, checked);
    context.unexplained.delete(formatPackPath({ group: group.index, end }));
    gaps.push([covered, first ?? covered]);
    isWhole = end === tileWidth && first === 0;
    covered = Math.max(covered, end);
  }
  gaps.push([covered, required]);
  // Of the packs that a whole one has replaced some may be gone: a writer that slept may have brought one back.
  if (!isWhole) for (const [from, to] of gaps) reportGap(context, group, from, to);
  return checked.size;
}

function reportGap({ report }: PackContext, { index }: Group, from: number, to: number): void {
  if (from >= to) return;
  const first = index * tileWidth;
  report(
    formatPackPath({ group: index, end: to }),
    `no payload for entries ${first + from} to ${first + to - 1}`,
  );
}

/** Where the pack begins; undefined when it is not what it must be. */
async function checkPack(
  context: PackContext,
  group: Group,
  end: number,
  checked: Set<number>,
): Promise<number | undefined> {
  const path = formatPackPath({ group: group.index, end });
  const bytes = await context.read(path, packSizeBytesMax);
  const payloads = bytes && parsePack(bytes);
  if (payloads === undefined || payloads.length === 0 || payloads.length > end) {
    context.report(path, `not a sequence of 1 to ${end} payloads`);
    return undefined;
  }
  const first = end - payloads.length;
  const places = payloads.map((payload, at) => checkPayload(context, group, first + at, payload, path));
  for (const [at, isChecked] of places.entries()) if (isChecked) checked.add(first + at);
  return places.includes(false) ? undefined : first;
}

/** False when the pack is to blame. */
function checkPayload(
  context: PackContext,
  { index, entries, hashes }: Group,
  at: number,
  payload: Uint8Array,
  path: string,
): boolean {
  const entry = entries[at] ?? new Uint8Array();
  // An entry that is not the logged one was reported with its bundle.
  if (!areEqual(leafHash(entry), hashes[at] ?? new Uint8Array())) return true;
  const number = index * tileWidth + at;
  const leaf = parseLeaf(entry);
  if (leaf !== undefined) return checkRecord(context, number, leaf, payload, path);
  context.report('tile/entries', `entry ${number} is not a DSSE leaf`);
  return true;
}

function checkRecord(
  { report, withSignatures }: PackContext,
  number: number,
  { payloadDigest, signature, publicKey }: Leaf,
  payload: Uint8Array,
  path: string,
): boolean {
  const isPayload = areEqual(sha256(payload), payloadDigest);
  if (!isPayload) report(path, `the payload of entry ${number} was changed`);
  else if (withSignatures && !verifyEnvelope({ payload, signature }, publicKey))
    report('tile/entries', `entry ${number} has a wrong signature`);
  return isPayload;
}
