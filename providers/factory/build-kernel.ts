/**
 * The kernel's build: the kernel's folder in, the bytes of an image without cells in the store out. The recipe is
 * name "kernel-1", inputs { source }, tools.
 */
import type { Cid } from '../../model';
import { type BuildOptions, checkNotAborted, type Factory, withScratchFolder } from './factory';
import { readKernelSource } from './kernel';
import type { Recipe } from './recipe';
import { type SourceTree, writeSource } from './source';

/** The kernel's sources, digested, with the tools at hand. */
export interface KernelOrder {
  readonly source: SourceTree;
  readonly tools: string;
}

export async function prepareKernel(factory: Factory, options: BuildOptions): Promise<KernelOrder> {
  checkNotAborted(options, 'the kernel');
  const tools = await factory.tools.describe(options.signal);
  return { source: await readKernelSource(factory.kernelFolder), tools };
}

/** The kernel's bytes, compiled unless they were before. */
export async function buildKernel(
  order: KernelOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<Uint8Array> {
  const recipe: Recipe = { name: 'kernel-1', inputs: { source: order.source.digest }, tools: order.tools };
  const before = await factory.recipes.find(recipe);
  const stored = before === undefined ? undefined : await readIfWhole(before, factory);
  options.onProgress?.(stored === undefined ? 'compile-kernel' : 'reuse', 'kernel');
  if (stored !== undefined) return stored;
  const bytes = await compile(order, factory, options);
  checkNotAborted(options, 'the kernel');
  await factory.recipes.record(recipe, await factory.store.put('raw', bytes));
  return bytes;
}

/** A block that is gone or damaged counts as never built. */
export function readIfWhole(cid: Cid, { store }: Factory): Promise<Uint8Array | undefined> {
  return store.get(cid).catch(() => undefined);
}

function compile({ source }: KernelOrder, factory: Factory, { signal }: BuildOptions): Promise<Uint8Array> {
  return withScratchFolder(factory, async (kernelFolder) => {
    await writeSource(source, kernelFolder);
    return factory.tools.compileKernel({ kernelFolder, signal });
  });
}
