/**
 * An image of a Linux profile: the trees of its cells and of a kernel's package in; kernel, initramfs and root in the
 * store out, and a manifest (manifest.ts) whose CID is the image's. The recipes, each cut off early where what it is
 * made of has not changed:
 *
 *     linux-init-1        init's sources, architecture; the compiler              init
 *     linux-initramfs-1   init, the kernel's tree, modules; xz                    { bytes, filesDigest, kernelRelease }
 *     linux-root-1        the root's tree; squashfs-tools                         { bytes, sizes, rootHash }
 *     linux-image-1       all of the above by their digests, the command line     the manifest
 *
 * The budget counts all parts together: what has to be sent to a node.
 */
import { type Architecture, type Cid, checkName, NexusError, type ProfileName } from '../../../model';
import { type FileTree, formatTree, mergeTrees, type NamedTree } from '../../nip';
import { checkBudget, type ImagePart } from '../budget';
import { type BuildOptions, checkNotAborted, type Factory } from '../factory';
import type { Recipe } from '../recipe';
import { findToolchain, type Toolchain } from '../toolchain';
import { buildInitramfs, type InitramfsPart } from './build-initramfs';
import { buildRoot, type RootPart } from './build-root';
import { readInitSource } from './init';
import {
  formatImageManifest,
  type ImageArchitecture,
  type LinuxImageManifest,
  parseImageManifest,
} from './manifest';
import { findKernel } from './modules';
import type { LinuxService } from './services';
import { addSkeleton } from './skeleton';
import { describePackers } from './tools';

/** A kernel's package. It is large, and only unpacked for what is not built yet. */
export interface KernelPackage {
  /** Of the package's file, in hex. */
  readonly sha256: string;
  /** Its tree, not filtered. */
  readonly load: () => Promise<FileTree>;
}

export interface LinuxImageRequest {
  /** The system's name. */
  readonly name: string;
  readonly profile: ProfileName;
  readonly architecture: Architecture;
  readonly kernel: KernelPackage;
  /** Modules of that kernel by name or alias; what they need comes along. */
  readonly modules: readonly string[];
  /** What the root is made of. */
  readonly cells: readonly NamedTree[];
  readonly services: readonly LinuxService[];
  /** Folders that are memory, absolute: each start finds them empty. @default none */
  readonly volatileFolders?: readonly string[] | undefined;
}

export interface BuiltLinuxImage {
  readonly name: string;
  /** Of the manifest. */
  readonly imageCid: Cid;
  readonly manifest: LinuxImageManifest;
  /** Of kernel, initramfs and root together. */
  readonly sizeBytes: number;
  /** What takes how much of the image: kernel, initramfs, and of the root each cell by its share before compression. */
  readonly parts: readonly ImagePart[];
  /** Whether all of it was there already. */
  readonly isReused: boolean;
}

/** @throws NexusError `over-budget`, `no-kernel`, `missing-module`, `file-conflict`, `aborted`, or of the tools */
export async function buildLinuxImage(
  request: LinuxImageRequest,
  factory: Factory,
  options: BuildOptions = {},
): Promise<BuiltLinuxImage> {
  const order = await prepare(request, factory, options);
  const known = await findBuilt(order, factory);
  options.onProgress?.(known === undefined ? 'assemble-image' : 'reuse', request.name);
  const manifest = known ?? (await assemble(order, factory, options));
  const sizeBytes = manifest.kernel.sizeBytes + manifest.initramfs.sizeBytes + manifest.root.sizeBytes;
  const parts = partsOf(manifest, request.cells);
  checkBudget(request.name, request.profile, sizeBytes, parts);
  const { cid: imageCid } = formatImageManifest(manifest);
  return { name: request.name, imageCid, manifest, sizeBytes, parts, isReused: known !== undefined };
}

interface ImageOrder {
  readonly request: LinuxImageRequest;
  readonly architecture: ImageArchitecture;
  readonly root: FileTree;
  readonly recipe: Recipe;
  readonly toolchain: Toolchain;
  readonly packers: string;
}

/** Quiet, as what the kernel says would stand between the lines of init; a panic restarts the machine at once. */
const commandLine = 'console=ttyS0 quiet panic=-1';

async function prepare(
  request: LinuxImageRequest,
  factory: Factory,
  options: BuildOptions,
): Promise<ImageOrder> {
  checkNotAborted(options, `image "${checkName('system', request.name)}"`);
  const architecture = checkArchitecture(request);
  const { signal } = options;
  const [toolchain, packers] = await Promise.all([findToolchain({ signal }), describePackers(signal)]);
  const { name, services, volatileFolders = [] } = request;
  const root = await addSkeleton(
    mergeTrees(request.cells),
    { name, services, volatileFolders },
    factory.store,
  );
  const inputs = {
    name,
    profile: request.profile,
    architecture,
    commandLine,
    init: (await readInitSource(factory.kernelFolder)).digest,
    kernel: request.kernel.sha256,
    modules: [...request.modules],
    root: formatTree(root).cid,
  };
  const tools = `${toolchain.description}; ${packers}`;
  return {
    request,
    architecture,
    root,
    toolchain,
    packers,
    recipe: { name: 'linux-image-1', inputs, tools },
  };
}

function checkArchitecture({ name, architecture }: LinuxImageRequest): ImageArchitecture {
  if (architecture === 'x86_64' || architecture === 'riscv64') return architecture;
  throw new NexusError(
    'other-architecture',
    `Cannot build image "${name}": architecture "${architecture}", expected x86_64 or riscv64`,
    { hint: 'Cells can be made for it, images not yet.' },
  );
}

/** The manifest of that recipe, when all parts are in the store. */
async function findBuilt(
  { recipe }: ImageOrder,
  { recipes, store }: Factory,
): Promise<LinuxImageManifest | undefined> {
  const cid = await recipes.find(recipe);
  const bytes = cid === undefined ? undefined : await store.get(cid).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const manifest = parseImageManifest(bytes);
  const parts = [manifest.kernel.part, manifest.initramfs.part, manifest.root.part];
  const isHere = await Promise.all(parts.map((part) => store.has(part)));
  return isHere.every((each) => each) ? manifest : undefined;
}

async function assemble(
  order: ImageOrder,
  factory: Factory,
  options: BuildOptions,
): Promise<LinuxImageManifest> {
  const { request, architecture, toolchain, packers } = order;
  const kernel = await request.kernel.load();
  const { release, image } = findKernel(kernel);
  const parts = { architecture, kernel, modules: request.modules, toolchain, packers };
  const initramfs: InitramfsPart = await buildInitramfs(parts, factory, options);
  const root: RootPart = await buildRoot({ tree: order.root, packers }, factory, options);
  checkNotAborted(options, `image "${request.name}"`);
  const manifest: LinuxImageManifest = {
    name: request.name,
    profile: request.profile,
    architecture,
    commandLine,
    kernel: { part: image.block, sizeBytes: image.sizeBytes, kernelRelease: release },
    initramfs,
    root,
  };
  const cid = await factory.store.put('dag-cbor', formatImageManifest(manifest).bytes);
  await factory.recipes.record(order.recipe, cid);
  return manifest;
}

/** Compressed all as one: each cell has its share of the root by what it was before. */
function partsOf({ kernel, initramfs, root }: LinuxImageManifest, cells: readonly NamedTree[]): ImagePart[] {
  const sizes = cells.map(({ name, tree }) => ({ name, sizeBytes: sizeOf(tree) }));
  const wholeBytes = sizes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const shares = sizes.map(({ name, sizeBytes }) => ({
    name: `cell ${name}`,
    sizeBytes: wholeBytes === 0 ? 0 : Math.floor((root.sizeBytes * sizeBytes) / wholeBytes),
  }));
  return [
    { name: 'kernel', sizeBytes: kernel.sizeBytes },
    { name: 'initramfs', sizeBytes: initramfs.sizeBytes },
    ...shares,
  ];
}

function sizeOf(tree: FileTree): number {
  return tree.reduce((sum, node) => sum + (node.type === 'file' ? node.sizeBytes : 0), 0);
}
