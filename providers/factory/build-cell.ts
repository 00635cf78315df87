/**
 * A cell's build: sources and definition in, a sealed cell in the store out. The recipe is
 *
 *     name "cell-1", inputs { name, source, interface, pledges, stackBytes }, tools
 *
 * where `interface` is the digest of what the kernel's folder gives to cells: its headers, start code and layout.
 */
import { posix, resolve } from 'node:path';
import {
  type CellDefinition,
  type Cid,
  checkCell,
  NexusError,
  type Pledge,
  pledgeMask,
  sortPledges,
} from '../../model';
import { type BuildOptions, checkNotAborted, type Factory, withScratchFolder } from './factory';
import { createNpk, findWholeCell, type Manifest, type Npk, storeNpk } from './npk';
import type { Recipe } from './recipe';
import { readSource, type SourceTree, sourceTree, writeSource } from './source';

/** The file of a Rumpk cell within its .npk. */
export const cellFileName = 'cell.bin';
/** The interface between kernel and cell: header format 1 (image.ts) and its calls. */
export const cellAbi = 'rumpk-cell-1';

export interface BuiltCell {
  readonly name: string;
  /** CID of the cell's manifest. */
  readonly variantCid: Cid;
  /** Digest of the source folder in hex. */
  readonly sourceDigest: string;
  /** The bytes that the cell takes in an image. */
  readonly sizeBytes: number;
  readonly compiler: string;
}

/**
 * Builds a cell, or finds what was built before from the same inputs by the same tools.
 * @param baseFolder the folder that `definition.source` is relative to
 * @throws NexusError of the source, the compiler or the store; `aborted`
 */
export async function buildCell(
  definition: CellDefinition,
  baseFolder: string,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltCell> {
  const order = await prepareCell(definition, baseFolder, factory, options);
  const before = await findBuilt(order, factory);
  options.onProgress?.(before === undefined ? 'compile-cell' : 'reuse', definition.name);
  return before ?? compileAndStore(order, factory, options);
}

/** What {@link buildCell} will give, if the same was built before; it never compiles. */
export async function plannedCell(
  definition: CellDefinition,
  baseFolder: string,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltCell | undefined> {
  return findBuilt(await prepareCell(definition, baseFolder, factory, options), factory);
}

interface CellOrder {
  readonly definition: CellDefinition;
  readonly source: SourceTree;
  readonly recipe: Recipe;
}

async function prepareCell(
  definition: CellDefinition,
  baseFolder: string,
  factory: Factory,
  options: BuildOptions,
): Promise<CellOrder> {
  const checked = checkCell(definition);
  checkNotAborted(options, `cell "${checked.name}"`);
  const source = await readSource(resolve(baseFolder, checked.source));
  const { name, pledges, stackBytes } = checked;
  const inputs = {
    name,
    source: source.digest,
    interface: await cellInterfaceDigest(factory),
    pledges: [...pledges],
    stackBytes,
  };
  const tools = await factory.tools.describe(options.signal);
  return { definition: checked, source, recipe: { name: 'cell-1', inputs, tools } };
}

/** The parts of the kernel's folder that cells are compiled and linked with. */
function cellInterfaceDigest({ kernelFolder, interfaces }: Factory): Promise<string> {
  return interfaces.recall(kernelFolder, async (relyOn) => {
    const parts = await Promise.all(
      ['cell', 'include'].map(async (name) => {
        const { files } = await readSource(resolve(kernelFolder, name), relyOn);
        return files.map((file) => ({ ...file, path: `${name}/${file.path}` }));
      }),
    );
    return sourceTree(parts.flat()).digest;
  });
}

/** The cell of that recipe, when all its blocks are in the store and whole. */
async function findBuilt({ recipe }: CellOrder, factory: Factory): Promise<BuiltCell | undefined> {
  const variantCid = await factory.recipes.find(recipe);
  if (variantCid === undefined) return undefined;
  const manifest = await findWholeCell(variantCid, factory);
  return manifest && describeCell(variantCid, manifest);
}

async function compileAndStore(
  order: CellOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<BuiltCell> {
  const bytes = await compile(order, factory, options);
  checkNotAborted(options, `cell "${order.definition.name}"`);
  const npk = sealCell(order, bytes);
  await storeNpk(npk, factory.store);
  await factory.recipes.record(order.recipe, npk.cid);
  return describeCell(npk.cid, npk.manifest);
}

/** Compiles from a copy of what was digested: the user may be saving a file right now. */
function compile(
  { definition, source }: CellOrder,
  factory: Factory,
  { signal }: BuildOptions,
): Promise<Uint8Array> {
  return withScratchFolder(factory, async (sourceFolder) => {
    await writeSource(source, sourceFolder);
    const request = {
      name: definition.name,
      sourceFolder,
      kernelFolder: factory.kernelFolder,
      stackBytes: definition.stackBytes,
      pledgeMask: pledgeMask(definition.pledges),
      temporaryFolder: factory.temporaryFolder,
      signal,
    };
    return factory.tools.compileCell(request).catch((error: unknown) => {
      throw inUsersFolder(error, definition.source);
    });
  });
}

/** The compiler names files as they are called within the source; the user knows them below `source`. */
function inUsersFolder(error: unknown, source: string): unknown {
  if (!(error instanceof NexusError) || error.place?.file === undefined) return error;
  if (posix.isAbsolute(error.place.file)) return error;
  const { code, message, hint, place, cause } = error;
  const file = posix.join(source, error.place.file);
  return new NexusError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    place: { ...place, file },
    cause,
  });
}

function sealCell({ definition, source, recipe }: CellOrder, bytes: Uint8Array): Npk {
  const { name, pledges, stackBytes } = definition;
  const variant = {
    source: source.digest,
    architecture: 'riscv64' as const,
    abi: cellAbi,
    pledges: sortPledges(pledges) as readonly Pledge[],
    stackBytes,
    compiler: recipe.tools,
  };
  const version = `0.0.0+${source.digest.slice(0, 12)}`;
  return createNpk({ name, version, variant }, [{ path: cellFileName, mode: 0o644, bytes }]);
}

function describeCell(cid: Cid, { name, variant, files }: Manifest): BuiltCell {
  const sizeBytes = files.find(({ path }) => path === cellFileName)?.size ?? 0;
  return { name, variantCid: cid, sourceDigest: variant.source, sizeBytes, compiler: variant.compiler };
}
