/**
 * The part of the audit that compares the index (record-index.ts) with the entries. An index follows from the log byte
 * for byte, so one that leaves a record out, or was spoiled, is found. It may be removed at any time, so none is missed.
 */
import {
  formatSegment,
  formatSegmentPath,
  parseSegmentPath,
  rangeOf,
  recordOf,
  type SegmentName,
  segmentLengths,
  segmentSizeBytesMax,
} from '../record-index/index-segment';
import { tileWidth } from '../tree/tile';
import { areEqual, type Hash } from '../tree/tree';
import type { ReadFile } from '../tree/verified-tree';
import { digestHeadSizeBytes } from './quick-group';

export interface IndexContext {
  readonly read: ReadFile;
  readonly unexplained: Set<string>;
  readonly report: (file: string, problem: string) => void;
}

/** What a group of entries says to the index. */
export interface IndexedGroup {
  readonly index: number;
  /** The first bytes of each payload's digest; undefined when an entry could not be read. */
  readonly digestHeads: Uint8Array | undefined;
}

/** A segment, as far as the groups have come. */
interface Filling {
  readonly name: SegmentName;
  readonly records: BigUint64Array<ArrayBuffer>;
  isKnown: boolean;
}

export class IndexAudit {
  readonly #context: IndexContext;
  readonly #fillings = new Map<number, Filling>();
  /** Sizes of the log at which the root is wanted. */
  readonly sizes: readonly number[];

  constructor(context: IndexContext) {
    this.#context = context;
    const names = [...context.unexplained].map(parseSegmentPath).filter((name) => name !== undefined);
    this.sizes = [...new Set(names.map((name) => rangeOf(name).to))];
  }

  /** Takes the groups in their order. @param roots those of the log up to the group's end, as far as they are wanted */
  async add({ index, digestHeads }: IndexedGroup, roots: ReadonlyMap<number, Hash>): Promise<void> {
    for (const [level, length] of segmentLengths.entries()) {
      const name = { level, index: Math.floor((index * tileWidth) / length) };
      if (!this.#context.unexplained.has(formatSegmentPath(name))) continue;
      const filling = this.#fillingOf(name, length);
      fill(filling, index * tileWidth - rangeOf(name).from, digestHeads);
      const root = roots.get((index + 1) * tileWidth);
      if (rangeOf(name).to === (index + 1) * tileWidth && root) await this.#compare(filling, root);
    }
  }

  #fillingOf(name: SegmentName, length: number): Filling {
    const known = this.#fillings.get(name.level);
    if (known?.name.index === name.index) return known;
    const filling = { name, records: new BigUint64Array(length), isKnown: true };
    this.#fillings.set(name.level, filling);
    return filling;
  }

  async #compare({ name, records, isKnown }: Filling, root: Hash): Promise<void> {
    const path = formatSegmentPath(name);
    this.#context.unexplained.delete(path);
    this.#fillings.delete(name.level);
    const bytes = await this.#context.read(path, segmentSizeBytesMax + 1);
    // The entries were reported where they could not be read; an index that is gone has been replaced meanwhile.
    if (!isKnown || bytes === undefined) return;
    if (!areEqual(bytes, formatSegment(rangeOf(name), root, records)))
      this.#context.report(path, 'not the index of the entries; remove it, and it is built again');
  }
}

function fill(filling: Filling, offset: number, heads: Uint8Array | undefined): void {
  if (heads === undefined) filling.isKnown = false;
  for (let at = 0; heads !== undefined && at < tileWidth; at += 1) {
    const head = heads.subarray(at * digestHeadSizeBytes, (at + 1) * digestHeadSizeBytes);
    filling.records[offset + at] = recordOf(head, offset + at);
  }
}
