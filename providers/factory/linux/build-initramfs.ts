/** The recipes of init and of the initramfs: see build-linux-image.ts. */
import { asLink, type Cid, decodeDagCbor, encodeDagCbor, linkTo } from '../../../model';
import { type FileTree, formatTree } from '../../nip';
import { type BuildOptions, checkNotAborted, type Factory } from '../factory';
import type { Recipe } from '../recipe';
import type { Toolchain } from '../toolchain';
import { compileInit, readInitSource } from './init';
import { createInitramfs } from './initramfs';
import type { ImageArchitecture, LinuxImageManifest } from './manifest';
import { selectModules } from './modules';

export type InitramfsPart = LinuxImageManifest['initramfs'];

export interface InitramfsOrder {
  readonly architecture: ImageArchitecture;
  readonly kernel: FileTree;
  readonly modules: readonly string[];
  readonly toolchain: Toolchain;
  readonly packers: string;
}

export async function buildInitramfs(
  order: InitramfsOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<InitramfsPart> {
  const { architecture, kernel, modules, packers } = order;
  const { store, recipes } = factory;
  const initCid = await buildInit(order, factory, options);
  const inputs = { architecture, init: initCid, kernel: formatTree(kernel).cid, modules: [...modules] };
  const recipe: Recipe = { name: 'linux-initramfs-1', inputs, tools: packers };
  const known = await findPart(await recipes.find(recipe), factory);
  if (known !== undefined) return known;
  checkNotAborted(options, 'the initramfs');
  const selected = await selectModules(kernel, modules, store);
  const { bytes, filesDigest } = await createInitramfs(await store.get(initCid), selected);
  const part = { part: await store.put('raw', bytes), sizeBytes: bytes.length, filesDigest };
  const block = encodeDagCbor({ ...part, part: linkTo(part.part) });
  await recipes.record(recipe, await store.put('dag-cbor', block.bytes));
  return part;
}

async function buildInit(
  { architecture, toolchain }: InitramfsOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<Cid> {
  const source = await readInitSource(factory.kernelFolder);
  const inputs = { source: source.digest, architecture };
  const recipe: Recipe = { name: 'linux-init-1', inputs, tools: toolchain.description };
  const before = await factory.recipes.find(recipe);
  if (before !== undefined && (await factory.store.has(before))) return before;
  const bytes = await compileInit(source, architecture, toolchain, factory, options.signal);
  const cid = await factory.store.put('raw', bytes);
  await factory.recipes.record(recipe, cid);
  return cid;
}

async function findPart(cid: Cid | undefined, { store }: Factory): Promise<InitramfsPart | undefined> {
  const bytes = cid === undefined ? undefined : await store.get(cid).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const { part, sizeBytes, filesDigest } = decodeDagCbor(bytes) as Readonly<Record<string, unknown>>;
  const link = asLink(part);
  if (link === undefined || typeof sizeBytes !== 'number' || !(filesDigest instanceof Uint8Array))
    return undefined;
  return (await store.has(link)) ? { part: link, sizeBytes, filesDigest } : undefined;
}
