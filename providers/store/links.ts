/** What a block leads to: the links of dag-cbor blocks, followed to the end. Raw blocks have none. */
import { asLink, type Cid, codecOfCid, decodeDagCbor } from '../../model';
import type { BlockStore } from './block-store';

/** The links within a decoded value, in its order, each once. */
export function linksOf(value: unknown): readonly Cid[] {
  const found = new Set<Cid>();
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null || next instanceof Uint8Array) continue;
    const link = asLink(next);
    if (link !== undefined) found.add(link);
    else rest.push(...Object.values(next).reverse());
  }
  return [...found];
}

/** The links of a block's bytes. @throws NexusError `bad-block` */
export function linksOfBlock(cid: Cid, bytes: Uint8Array): readonly Cid[] {
  return codecOfCid(cid) === 'raw' ? [] : linksOf(decodeDagCbor(bytes));
}

export interface Reached {
  /** All that can be got to from the roots, the roots too. */
  readonly reached: ReadonlySet<Cid>;
  /** Of those, what is not in the store or cannot be read: what it led to is not known. */
  readonly missing: ReadonlySet<Cid>;
}

/** Follows all links from the roots. Of raw blocks only the file is looked for. */
export async function reach(
  roots: Iterable<Cid>,
  store: BlockStore,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Reached> {
  const reached = new Set<Cid>();
  const missing = new Set<Cid>();
  const rest = [...roots];
  while (rest.length > 0) {
    const cid = rest.pop();
    if (cid === undefined || reached.has(cid)) continue;
    signal?.throwIfAborted();
    reached.add(cid);
    const links = await readLinks(cid, store);
    if (links === undefined) missing.add(cid);
    for (const link of links ?? []) rest.push(link);
  }
  return { reached, missing };
}

async function readLinks(cid: Cid, store: BlockStore): Promise<readonly Cid[] | undefined> {
  if (codecOfCid(cid) === 'raw') return store.sizeBytesOf(cid) === undefined ? undefined : [];
  const bytes = await store.get(cid).catch(() => undefined);
  return bytes === undefined ? undefined : linksOfBlock(cid, bytes);
}
