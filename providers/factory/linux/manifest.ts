/**
 * An image of a Linux profile: its parts, and what a running system can measure of them. The manifest is a dag-cbor block,
 * and its CID is the image's. kernel/graft/init/manifest.c takes its digest again with what it measures in the place of
 * what is claimed here (docs/image.md), and finds the claims by their keys: each of those stands here once.
 *
 *     { format: 1, name, profile, architecture, commandLine,
 *       kernel:    { part, sizeBytes, kernelRelease },
 *       initramfs: { part, sizeBytes, filesDigest },
 *       root:      { part, sizeBytes, tree, dataBlocks, rootHash } }
 *
 * `part` is a link to a raw block, `tree` to the canonical tree of files that the root is made of.
 */
import { asLink, type Cid, decodeDagCbor, encodeDagCbor, linkTo, NexusError } from '../../../model';

/** Those that an image can be made for. */
export type ImageArchitecture = 'x86_64' | 'riscv64';

export interface ImagePartFile {
  readonly part: Cid;
  readonly sizeBytes: number;
}

export interface LinuxImageManifest {
  readonly name: string;
  readonly profile: string;
  readonly architecture: ImageArchitecture;
  /** What the kernel is started with, to the letter. */
  readonly commandLine: string;
  readonly kernel: ImagePartFile & { readonly kernelRelease: string };
  /** `filesDigest`: SHA-256 over the SHA-256 of init and of each module, in the order in which they are loaded. */
  readonly initramfs: ImagePartFile & { readonly filesDigest: Uint8Array };
  readonly root: ImagePartFile & {
    readonly tree: Cid;
    /** Of 4,096 bytes; the hash tree stands behind them. */
    readonly dataBlocks: number;
    readonly rootHash: Uint8Array;
  };
}

/** Inverse: {@link parseImageManifest}. */
export function formatImageManifest(manifest: LinuxImageManifest): {
  readonly cid: Cid;
  readonly bytes: Uint8Array;
} {
  const { kernel, initramfs, root } = manifest;
  return encodeDagCbor({
    ...manifest,
    format: 1,
    kernel: { ...kernel, part: linkTo(kernel.part) },
    initramfs: { ...initramfs, part: linkTo(initramfs.part) },
    root: { ...root, part: linkTo(root.part), tree: linkTo(root.tree) },
  });
}

/** Inverse of {@link formatImageManifest}. @throws NexusError `bad-image` */
export function parseImageManifest(bytes: Uint8Array): LinuxImageManifest {
  const manifest = fields(decodeDagCbor(bytes));
  const [kernel, initramfs, root] = ['kernel', 'initramfs', 'root'].map((key) => fields(manifest[key]));
  const architecture = manifest.architecture;
  if (manifest.format !== 1 || (architecture !== 'x86_64' && architecture !== 'riscv64'))
    throw badImage('of another format or architecture');
  return {
    name: textOf(manifest.name),
    profile: textOf(manifest.profile),
    architecture,
    commandLine: textOf(manifest.commandLine),
    kernel: { ...partOf(kernel), kernelRelease: textOf(kernel?.kernelRelease) },
    initramfs: { ...partOf(initramfs), filesDigest: digestOf(initramfs?.filesDigest) },
    root: {
      ...partOf(root),
      tree: linkOf(root?.tree),
      dataBlocks: numberOf(root?.dataBlocks),
      rootHash: digestOf(root?.rootHash),
    },
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw badImage('a part is missing');
}

function partOf(part: Fields | undefined): ImagePartFile {
  return { part: linkOf(part?.part), sizeBytes: numberOf(part?.sizeBytes) };
}

function linkOf(value: unknown): Cid {
  const link = asLink(value);
  if (link === undefined) throw badImage('a link is missing');
  return link;
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw badImage('a text is missing');
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw badImage('a number is missing');
  return value;
}

function digestOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== 32) throw badImage('a digest is missing');
  return value;
}

function badImage(reason: string): NexusError {
  return new NexusError('bad-image', `Cannot read the manifest of a Linux image: ${reason}`, {
    hint: 'It was made by another version, or is no image of a Linux profile: build it again.',
  });
}
