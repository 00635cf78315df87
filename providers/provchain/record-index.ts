/**
 * From a record's digest to its entries, in memory. It can be rebuilt from the log at any time, grows with it, and is
 * built by the first question only: opening a ledger does not read its entries.
 */
import type { LogView } from './log-view';
import { readLeaf } from './log-view';
import { tileWidth } from './tile';

export class RecordIndex {
  /** Latin-1 text of the digest (32 characters take the least memory) to one index or to several. */
  readonly #indexes = new Map<string, number | number[]>();
  #size = 0;
  #update: Promise<void> = Promise.resolve();

  /** Indexes of the entries that name the payload, ascending. */
  async find(payloadDigest: Uint8Array, view: LogView): Promise<readonly number[]> {
    this.#update = this.#update.catch(() => undefined).then(() => this.#readUpTo(view));
    await this.#update;
    const found = this.#indexes.get(nameOf(payloadDigest)) ?? [];
    return (typeof found === 'number' ? [found] : found).filter((index) => index < view.size);
  }

  async #readUpTo(view: LogView): Promise<void> {
    while (this.#size < view.size) {
      const group = Math.floor(this.#size / tileWidth);
      const entries = await view.bundle(group);
      for (let index = this.#size; index < group * tileWidth + entries.length; index += 1)
        this.#add(readLeaf(entries[index % tileWidth] ?? new Uint8Array(), index).payloadDigest, index);
      this.#size = group * tileWidth + entries.length;
    }
  }

  #add(payloadDigest: Uint8Array, index: number): void {
    const name = nameOf(payloadDigest);
    const known = this.#indexes.get(name);
    this.#indexes.set(name, known === undefined ? index : [known, index].flat());
  }
}

function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest).toString('latin1');
}
