/**
 * Reading the payloads of a group of 256 entries (layout.ts). A pack ends where its name says, and begins as many
 * payloads before that as it has; the pack before it ends there. So a group is read from its end, and no folder is
 * listed. The pack of a full group serves for every shorter one when it holds all.
 */
import { parsePack } from '../formats/bundle';
import { tileWidth } from '../tree/tile';
import type { ReadFile } from '../tree/verified-tree';
import { commitPayloadSizeBytesMax } from './commit';
import { damaged } from './damage';
import { formatPackPath } from './layout';

/** A pack holds at most a commit's payloads, each with its length. */
export const packSizeBytesMax = commitPayloadSizeBytesMax + 4 * tileWidth;

export interface PayloadRun {
  readonly path: string;
  /** Place within the group of the first payload. */
  readonly first: number;
  readonly payloads: readonly Uint8Array[];
}

/** The packs of a group's first `end` entries, the last one first. @throws NexusError `ledger-damaged` */
export async function* packsBackwards(
  read: ReadFile,
  group: number,
  end: number,
): AsyncGenerator<PayloadRun> {
  for (let at = end; at > 0; ) {
    const run = await readRun(read, group, at);
    yield run;
    at = run.first;
  }
}

/** The payloads of a group's first `end` entries, undefined when they are too large for one pack. */
export async function readGroupPayloads(
  read: ReadFile,
  group: number,
  end: number,
): Promise<readonly Uint8Array[] | undefined> {
  const parts: (readonly Uint8Array[])[] = [];
  for await (const { payloads } of packsBackwards(read, group, end)) {
    parts.unshift(payloads);
    if (!fitsPack(parts.flat())) return undefined;
  }
  return parts.flat();
}

/** Whether payloads may stand in one pack. */
export function fitsPack(payloads: readonly Uint8Array[]): boolean {
  return payloads.reduce((sum, { length }) => sum + length, 0) <= commitPayloadSizeBytesMax;
}

async function readRun(read: ReadFile, group: number, end: number): Promise<PayloadRun> {
  const path = formatPackPath({ group, end });
  const bytes = await read(path, packSizeBytesMax);
  if (bytes === undefined) return readFromFull(read, group, end);
  const payloads = parsePack(bytes);
  if (payloads === undefined || payloads.length === 0 || payloads.length > end)
    throw damaged(path, `not a sequence of 1 to ${end} payloads`);
  return { path, first: end - payloads.length, payloads };
}

async function readFromFull(read: ReadFile, group: number, end: number): Promise<PayloadRun> {
  const path = formatPackPath({ group, end: tileWidth });
  const bytes = end < tileWidth ? await read(path, packSizeBytesMax) : undefined;
  const payloads = bytes && parsePack(bytes);
  if (payloads?.length === tileWidth) return { path, first: 0, payloads: payloads.slice(0, end) };
  throw damaged(
    formatPackPath({ group, end }),
    `missing: it has the payload of entry ${group * tileWidth + end - 1}`,
  );
}
