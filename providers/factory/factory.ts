/**
 * What a build needs of the world, as one value: where blocks and recipes lie, the kernel's sources, the compiler.
 * Everything in `stateDir` can be used by several processes at once, and everything in it can be built again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NexusError } from '../../model';
import { BlockStore } from '../store';
import { clangTools } from './clang-tools';
import { FileMemory } from './file-memory';
import type { Manifest } from './npk';
import { RecipeCache, type SharedRecipes } from './recipe';

/** The steps that know C, the linker and the image format. */
export interface BuildTools {
  /** The tools and their versions: whatever can change an output under the same sources. */
  describe(signal?: AbortSignal): Promise<string>;
  /** A folder of C files as the bytes of a Rumpk cell, header included. */
  compileCell(request: CompileCellRequest): Promise<Uint8Array>;
  /** The kernel's sources as the bytes of an image without cells. */
  compileKernel(request: CompileKernelRequest): Promise<Uint8Array>;
  /** One bootable file of a kernel and its cells, in this order. */
  assembleImage(kernel: Uint8Array, cells: readonly Uint8Array[]): Uint8Array;
}

export interface CompileCellRequest {
  readonly name: string;
  readonly sourceFolder: string;
  readonly kernelFolder: string;
  readonly stackBytes: number;
  readonly pledgeMask: number;
  readonly temporaryFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CompileKernelRequest {
  readonly kernelFolder: string;
  readonly signal?: AbortSignal | undefined;
}

export interface FactoryOptions {
  /** The project's state folder, `.nexus` as a rule. */
  readonly stateDir: string;
  /** The folder of Rumpk's sources. */
  readonly kernelFolder: string;
  /** @default clang and lld from the PATH, found when first needed */
  readonly tools?: BuildTools;
  /** Where compilations have their scratch folders. @default the system's folder for temporary files */
  readonly temporaryFolder?: string;
}

export interface Factory extends Required<FactoryOptions> {
  readonly store: BlockStore;
  readonly recipes: RecipeCache;
  /** Digests of what the kernel's folder gives to cells. */
  readonly interfaces: FileMemory<string>;
  /** Manifests of cells that were found whole. */
  readonly wholeCells: FileMemory<Manifest>;
}

/**
 * Opens store and recipe cache; nothing is written before the first build.
 * @param share others who may have carried out a recipe, and who bring what it gave into the store
 */
export async function createFactory(
  options: FactoryOptions,
  share?: (store: BlockStore) => SharedRecipes,
): Promise<Factory> {
  const store = await BlockStore.open(join(options.stateDir, 'store'));
  return {
    temporaryFolder: tmpdir(),
    tools: clangTools(),
    ...options,
    store,
    recipes: await RecipeCache.open(join(options.stateDir, 'recipes'), share?.(store)),
    interfaces: new FileMemory(),
    wholeCells: new FileMemory(),
  };
}

/** What a build is doing. */
export type BuildPhase = 'compile-cell' | 'compile-kernel' | 'assemble-image' | 'reuse';

export interface BuildOptions {
  /** Stops the build, compilers included. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a step begins. @default nobody is told */
  readonly onProgress?: ((phase: BuildPhase, detail: string) => void) | undefined;
}

/** @throws NexusError `aborted` when the build was told to stop */
export function checkNotAborted({ signal }: BuildOptions, what: string): void {
  if (signal?.aborted !== true) return;
  throw new NexusError('aborted', `Cannot build ${what}: it was told to stop`, { cause: signal.reason });
}

/** Runs an action with a scratch folder of its own, removed whatever happens. */
export async function withScratchFolder<T>(
  factory: Factory,
  action: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(factory.temporaryFolder, 'nexus-build-'));
  try {
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
