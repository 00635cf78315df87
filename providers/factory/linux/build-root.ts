/** The recipe of the root disk: see build-linux-image.ts. A squashfs and, behind it, its hash tree. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { asLink, type Cid, decodeDagCbor, encodeDagCbor, linkTo } from '../../../model';
import { type FileTree, formatTree } from '../../nip';
import { type BuildOptions, checkNotAborted, type Factory, withScratchFolder } from '../factory';
import type { Recipe } from '../recipe';
import type { LinuxImageManifest } from './manifest';
import { writeSquashfs } from './squashfs';
import { hashTreeOf } from './verity';

export type RootPart = LinuxImageManifest['root'];

export interface RootOrder {
  readonly tree: FileTree;
  readonly packers: string;
}

export async function buildRoot(
  order: RootOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<RootPart> {
  const { packers } = order;
  const { store, recipes } = factory;
  const tree = formatTree(order.tree);
  const recipe: Recipe = { name: 'linux-root-1', inputs: { tree: tree.cid }, tools: packers };
  const known = await findPart(await recipes.find(recipe), factory);
  if (known !== undefined) return known;
  checkNotAborted(options, 'the root');
  await store.put('dag-cbor', tree.bytes);
  const part = { ...(await writeRoot(order, factory, options)), tree: tree.cid };
  const block = encodeDagCbor({ ...part, part: linkTo(part.part), tree: linkTo(part.tree) });
  await recipes.record(recipe, await store.put('dag-cbor', block.bytes));
  return part;
}

function writeRoot(
  { tree }: RootOrder,
  factory: Factory,
  { signal }: BuildOptions,
): Promise<Omit<RootPart, 'tree'>> {
  return withScratchFolder(factory, async (folder) => {
    const output = join(folder, 'root');
    await writeSquashfs({ tree, store: factory.store, output, signal });
    const { rootHash, dataBlocks, bytes } = await hashTreeOf(createReadStream(output));
    async function* disk(): AsyncGenerator<Uint8Array> {
      yield* createReadStream(output) as AsyncIterable<Uint8Array>;
      yield bytes;
    }
    const { cid, sizeBytes } = await factory.store.putStream(disk());
    return { part: cid, sizeBytes, dataBlocks, rootHash };
  });
}

async function findPart(cid: Cid | undefined, { store }: Factory): Promise<RootPart | undefined> {
  const bytes = cid === undefined ? undefined : await store.get(cid).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const value = decodeDagCbor(bytes) as Readonly<Record<string, unknown>>;
  const [part, tree] = [asLink(value.part), asLink(value.tree)];
  const { sizeBytes, dataBlocks, rootHash } = value;
  if (part === undefined || tree === undefined || !(rootHash instanceof Uint8Array)) return undefined;
  if (typeof sizeBytes !== 'number' || typeof dataBlocks !== 'number') return undefined;
  return (await store.has(part)) ? { part, tree, sizeBytes, dataBlocks, rootHash } : undefined;
}
