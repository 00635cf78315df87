/**
 * An image's build: a system and its sealed cells in, a bootable file in the store out. The recipe is
 *
 *     name "image-1", inputs { kernel: digest of its sources, cells: [[name, Variant-CID], …] }, tools
 *
 * The image's CID is that of its bytes as they are booted.
 */
import {
  type CellDefinition,
  type Cid,
  checkProfileIsBuilt,
  checkSystem,
  NexusError,
  parseCid,
  quote,
  type System,
} from '../../model';
import { checkBudget, type ImagePart } from './budget';
import { cellFileName } from './build-cell';
import { buildKernel, type KernelOrder, prepareKernel, readIfWhole } from './build-kernel';
import { type BuildOptions, checkNotAborted, type Factory } from './factory';
import { loadNpk, type Npk } from './npk';
import type { Recipe } from './recipe';

export interface BuiltImage {
  /** The system's name. */
  readonly name: string;
  readonly imageCid: Cid;
  readonly sizeBytes: number;
  /** Digest of the kernel's sources in hex. */
  readonly kernelDigest: string;
  readonly compiler: string;
  /** Variant-CIDs by cell name. */
  readonly cells: Readonly<Record<string, Cid>>;
  /** What takes how much of the image. */
  readonly parts: readonly ImagePart[];
}

/**
 * Builds the image of a system from cells in the store.
 * @param variantCids by cell name, for exactly the cells of the system
 * @throws NexusError `over-budget`, `profile-not-built`, `wrong-cells`, `aborted`, or of the compiler or store
 */
export async function buildImage(
  system: System,
  variantCids: Readonly<Record<string, string>>,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltImage> {
  const order = await prepareImage(system, variantCids, factory, options);
  const before = await findBuilt(order, factory);
  options.onProgress?.(before === undefined ? 'assemble-image' : 'reuse', system.name);
  return before ?? assembleAndStore(order, factory, options);
}

/** What {@link buildImage} will give, if the same was built before; it never compiles. */
export async function plannedImage(
  system: System,
  variantCids: Readonly<Record<string, string>>,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltImage | undefined> {
  return findBuilt(await prepareImage(system, variantCids, factory, options), factory);
}

interface ImageOrder {
  readonly system: System;
  readonly variantCids: Readonly<Record<string, Cid>>;
  readonly kernel: KernelOrder;
  readonly recipe: Recipe;
}

async function prepareImage(
  system: System,
  variantCids: Readonly<Record<string, string>>,
  factory: Factory,
  options: BuildOptions,
): Promise<ImageOrder> {
  const checked = checkSystem(system);
  checkProfileIsBuilt(checked.profile);
  const cids = checkVariantCids(checked, variantCids);
  const kernel = await prepareKernel(factory, options);
  const cells = checked.cells.map(({ name }) => [name, cids[name] ?? '']);
  const recipe = { name: 'image-1', inputs: { kernel: kernel.source.digest, cells }, tools: kernel.tools };
  return { system: checked, variantCids: cids, kernel, recipe };
}

/** The CIDs are for the cells of the system, all of them and no other. */
function checkVariantCids(
  system: System,
  variantCids: Readonly<Record<string, string>>,
): Readonly<Record<string, Cid>> {
  const expected = system.cells.map(({ name }) => name);
  const given = Object.keys(variantCids).sort();
  if (expected.join() !== given.join())
    throw new NexusError(
      'wrong-cells',
      `Cannot build image "${system.name}": cells ${quote(given.join(', '))} given, expected "${expected.join(', ')}"`,
      { hint: 'Give a Variant-CID for each cell of the system, and for no other.' },
    );
  return Object.fromEntries(Object.entries(variantCids).map(([name, cid]) => [name, parseCid(cid)]));
}

async function findBuilt(order: ImageOrder, factory: Factory): Promise<BuiltImage | undefined> {
  const imageCid = await factory.recipes.find(order.recipe);
  const bytes = imageCid === undefined ? undefined : await readIfWhole(imageCid, factory);
  const cells = bytes === undefined ? undefined : await loadCells(order, factory).catch(() => undefined);
  if (imageCid === undefined || bytes === undefined || cells === undefined) return undefined;
  return describeImage(order, imageCid, bytes.length, cells);
}

async function assembleAndStore(
  order: ImageOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<BuiltImage> {
  const cells = await loadCells(order, factory);
  const kernel = await buildKernel(order.kernel, factory, options);
  checkParts(order.system, partsOf(kernel.length, cells));
  const bytes = factory.tools.assembleImage(kernel, cells.map(cellBytes));
  checkNotAborted(options, `image "${order.system.name}"`);
  const imageCid = await factory.store.put('raw', bytes);
  await factory.recipes.record(order.recipe, imageCid);
  return describeImage(order, imageCid, bytes.length, cells);
}

async function loadCells({ system, variantCids }: ImageOrder, factory: Factory): Promise<readonly Npk[]> {
  const cells: Npk[] = [];
  for (const definition of system.cells) {
    const cid = variantCids[definition.name];
    if (cid !== undefined) cells.push(checkCellIs(definition, await loadNpk(cid, factory.store)));
  }
  return cells;
}

/** The reviewed KDL decides: a sealed cell with other pledges than it says does not get into the image. */
function checkCellIs(definition: CellDefinition, npk: Npk): Npk {
  const { name, variant } = npk.manifest;
  const [expected, current] = [definition, { name, ...variant }].map(
    (cell) =>
      `"${cell.name}" with pledges ${cell.pledges.join(' ') || 'none'} and ${cell.stackBytes} bytes of stack`,
  );
  if (expected === current) return npk;
  throw new NexusError('wrong-cell', `Cannot use cell "${npk.cid}": it is ${current}, expected ${expected}`, {
    hint: 'Build the cell again from the same system.kdl.',
  });
}

function cellBytes(npk: Npk): Uint8Array {
  const file = npk.files.find(({ path }) => path === cellFileName);
  if (file !== undefined) return file.bytes;
  throw new NexusError('wrong-cell', `Cannot use cell "${npk.cid}": no file "${cellFileName}" in it`, {
    hint: 'It was built for another kernel: build it again.',
  });
}

/** The parts lie in the image one behind another, so that their sum is its size. */
function checkParts({ name, profile }: System, parts: readonly ImagePart[]): void {
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  checkBudget(name, profile, sizeBytes, parts);
}

function partsOf(kernelSizeBytes: number, cells: readonly Npk[]): readonly ImagePart[] {
  const parts = cells.map((npk) => ({ name: `cell ${npk.manifest.name}`, sizeBytes: cellBytes(npk).length }));
  return [{ name: 'kernel', sizeBytes: kernelSizeBytes }, ...parts];
}

function describeImage(
  { system, variantCids, kernel }: ImageOrder,
  imageCid: Cid,
  sizeBytes: number,
  cells: readonly Npk[],
): BuiltImage {
  const cellsSizeBytes = cells.reduce((sum, npk) => sum + cellBytes(npk).length, 0);
  const parts = partsOf(sizeBytes - cellsSizeBytes, cells);
  checkParts(system, parts);
  return {
    name: system.name,
    imageCid,
    sizeBytes,
    kernelDigest: kernel.source.digest,
    compiler: kernel.tools,
    cells: variantCids,
    parts,
  };
}
