/**
 * From a record's digest to its entries. Opening a ledger does not read its entries: the index is built by the first
 * question, 4096 entries at a time, in memory, or in files (index-segment.ts) where the ledger's folder can be written:
 *
 *     index/0-17    4096 entries, from 17 · 4096 on
 *     index/1-1     65,536 entries: takes the place of 16 of level 0
 *     index/2-0     1,048,576 entries: takes the place of 16 of level 1
 *
 * An index can be rebuilt from the log at any time and is never believed:
 *
 *   - A hit is compared with the entry itself, which is checked up to the checkpoint.
 *   - A miss is as honest as the index. It is of this log and covers the entries that it says, as it names the log's
 *     root there; a spoiled page fails its check. In both cases it is built again. But who may write to the folder can
 *     make one that leaves a record out: then it is not found, and appended a second time where `once` was asked for,
 *     which does no harm. The audit compares every index with the entries, and names such a one.
 *   - A folder that cannot be written, or is full, fails no append: what has no file is read from the log into memory.
 *
 * Several processes may write at once, as all write the same bytes. Who merges segments leaves their files for a while
 * for readers that have not seen the log grow; those of the segment before are removed.
 */

import { type LogView, readLeaf } from '../log/log-view';
import { tileWidth } from '../tree/tile';
import { areEqual } from '../tree/tree';
import type { IndexFolder } from './index-folder';
import {
  formatSegment,
  formatSegmentPath,
  rangeOf,
  recordOf,
  Segment,
  type SegmentName,
  segmentFanOut,
  segmentLengths,
  segmentsOf,
} from './index-segment';

const blockLength = segmentLengths[0];

/** 4096 entries or, at the end of the log, what it has of them. */
interface Block {
  /** Latin-1 text of the digest (32 characters take the least memory) to one index or to several. */
  readonly indexes: Map<string, number | number[]>;
  /** Up to here. */
  end: number;
}

export class RecordIndex {
  readonly #folder: IndexFolder | undefined;
  #isWritable: boolean;
  /** By path; undefined for what cannot be used and is not to be tried again. */
  readonly #segments = new Map<string, Segment | undefined>();
  /** What no segment covers, by number. */
  readonly #blocks = new Map<number, Block>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param folder where segments are kept; undefined for memory alone */
  constructor(folder?: IndexFolder) {
    this.#folder = folder;
    this.#isWritable = folder?.write !== undefined;
  }

  /** Indexes of the entries that name the payload, ascending. @throws NexusError `ledger-damaged` */
  async find(payloadDigest: Uint8Array, view: LogView): Promise<readonly number[]> {
    const found = this.#turn.catch(() => undefined).then(() => this.#find(payloadDigest, view));
    this.#turn = found;
    return found;
  }

  async #find(payloadDigest: Uint8Array, view: LogView): Promise<readonly number[]> {
    const found: number[] = [];
    for (const name of segmentsOf(view.size)) found.push(...(await this.#findIn(name, payloadDigest, view)));
    const tail = Math.floor(view.size / blockLength);
    if (tail * blockLength < view.size) found.push(...(await this.#findInBlock(tail, payloadDigest, view)));
    return found;
  }

  async #findIn(name: SegmentName, digest: Uint8Array, view: LogView): Promise<number[]> {
    const segment = await this.#segment(name, view);
    const candidates = segment && this.#try(() => segment.candidates(digest));
    if (candidates !== undefined) return onlyTrue(candidates, digest, view);
    this.#segments.set(formatSegmentPath(name), undefined);
    if (name.level === 0) return this.#findInBlock(name.index, digest, view);
    const found: number[] = [];
    for (const part of partsOf(name)) found.push(...(await this.#findIn(part, digest, view)));
    return found;
  }

  /** The segment, from its file or made; undefined where there is none to be had. */
  async #segment(name: SegmentName, view: LogView): Promise<Segment | undefined> {
    const path = formatSegmentPath(name);
    if (this.#folder === undefined || this.#segments.has(path)) return this.#segments.get(path);
    const segment = (await this.#open(name, view)) ?? (await this.#make(name, view));
    this.#segments.set(path, segment);
    return segment;
  }

  async #open(name: SegmentName, view: LogView): Promise<Segment | undefined> {
    const range = rangeOf(name);
    const root = await view.tree.rootAt(range.to);
    return this.#try((folder) =>
      Segment.open(range, root, (at, sizeBytes) => folder.read(formatSegmentPath(name), at, sizeBytes)),
    );
  }

  async #make(name: SegmentName, view: LogView): Promise<Segment | undefined> {
    if (!this.#isWritable) return undefined;
    const records = await this.#recordsOf(name, view);
    const range = rangeOf(name);
    const bytes = formatSegment(range, await view.tree.rootAt(range.to), records);
    const isWritten = this.#try((folder) => {
      folder.write?.(formatSegmentPath(name), bytes);
      return true;
    });
    // A full disk: the rest is read from the log, and the next process tries again.
    if (isWritten === undefined) this.#isWritable = false;
    const segment = await this.#open(name, view);
    if (segment !== undefined) this.#removeReplaced(name);
    return segment;
  }

  /** Blocks in memory, and files of the segment before. */
  #removeReplaced(name: SegmentName): void {
    const { from, to } = rangeOf(name);
    for (let number = from / blockLength; number < to / blockLength; number += 1) this.#blocks.delete(number);
    if (name.level === 0 || name.index === 0) return;
    for (const part of partsOf({ ...name, index: name.index - 1 })) {
      this.#segments.delete(formatSegmentPath(part));
      this.#try((folder) => folder.remove(formatSegmentPath(part)));
    }
  }

  /** From the files of its parts as far as they are there, else from the log. */
  async #recordsOf(name: SegmentName, view: LogView): Promise<BigUint64Array<ArrayBuffer>> {
    const { from, to } = rangeOf(name);
    if (name.level === 0) return recordsOfBlock(await this.#block(name.index, view), from);
    const records = new BigUint64Array(to - from);
    for (const part of partsOf(name)) {
      const offset = rangeOf(part).from - from;
      const segment = await this.#open(part, view);
      const own = (segment && this.#try(() => segment.records())) ?? (await this.#recordsOf(part, view));
      records.set(
        own.map((record) => record + BigInt(offset)),
        offset,
      );
      if (part.level === 0) this.#blocks.delete(part.index);
    }
    return records;
  }

  #try<T>(operation: (folder: IndexFolder) => T): T | undefined {
    try {
      return this.#folder && operation(this.#folder);
    } catch {
      return undefined;
    }
  }

  async #findInBlock(number: number, digest: Uint8Array, view: LogView): Promise<number[]> {
    const { indexes } = await this.#block(number, view);
    return [indexes.get(nameOf(digest)) ?? []].flat().filter((index) => index < view.size);
  }

  /** A block with all its entries that the log has. */
  async #block(number: number, view: LogView): Promise<Block> {
    const block = this.#blocks.get(number) ?? { indexes: new Map(), end: number * blockLength };
    this.#blocks.set(number, block);
    const end = Math.min((number + 1) * blockLength, view.size);
    while (block.end < end) {
      const group = Math.floor(block.end / tileWidth);
      const entries = await view.bundle(group);
      for (; block.end < group * tileWidth + entries.length; block.end += 1)
        addTo(block.indexes, entries[block.end % tileWidth] ?? new Uint8Array(), block.end);
    }
    return block;
  }
}

function partsOf({ level, index }: SegmentName): SegmentName[] {
  return Array.from({ length: segmentFanOut }, (_, at) => ({
    level: level - 1,
    index: index * segmentFanOut + at,
  }));
}

/** Those of the entries whose payload has that digest. */
async function onlyTrue(indexes: readonly number[], digest: Uint8Array, view: LogView): Promise<number[]> {
  const found: number[] = [];
  for (const index of indexes)
    if (areEqual((await view.leaf(index)).payloadDigest, digest)) found.push(index);
  return found;
}

function recordsOfBlock({ indexes }: Block, from: number): BigUint64Array<ArrayBuffer> {
  const records = new BigUint64Array(blockLength);
  for (const [name, places] of indexes)
    for (const index of [places].flat())
      records[index - from] = recordOf(Buffer.from(name, 'latin1'), index - from);
  return records;
}

function addTo(indexes: Block['indexes'], entry: Uint8Array, index: number): void {
  const name = nameOf(readLeaf(entry, index).payloadDigest);
  const known = indexes.get(name);
  indexes.set(name, known === undefined ? index : [known, index].flat());
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('latin1');
}
