/**
 * Rumpk's sources as the bytes of an image without cells: every .c and .S below the kernel's folder, but what only
 * cells are linked with. The layout is kernel/kernel.ld's, the header kernel/entry.S's.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { NexusError } from '../../model';
import { compile } from './compile';
import { parseElf } from './elf';
import { checkKernel } from './image';
import { readSource, type SourceTree, sourceTree } from './source';
import { findToolchain, type Toolchain } from './toolchain';

export interface KernelRequest {
  /** The folder of Rumpk's sources. */
  readonly sourceFolder: string;
  /** @default found on the PATH */
  readonly toolchain?: Toolchain | undefined;
  /** Where the image runs. The bytes are the same for every place; a test says so. @default 0x80200000 */
  readonly baseAddress?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CompiledKernel {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hex. */
  readonly kernelDigest: string;
  /** Digest of the sources, in hex. */
  readonly sourceDigest: string;
  /** What compiled it. */
  readonly compiler: string;
  /** Bytes in the image by source file, the largest first. */
  readonly parts: readonly KernelPart[];
}

export interface KernelPart {
  /** Path of the source file below the kernel's folder. */
  readonly name: string;
  readonly sizeBytes: number;
}

/** Besides those of compile.ts. */
export const kernelFlags = ['-msave-restore', '-Wshadow', '-Wconversion', '-Wno-sign-conversion', '-Werror'];
const cellOnlySource = /^cell\/.*\.S$/;

/** Rumpk's own sources: what stands in graft/ are programs of Linux images, which share some of them. */
export async function readKernelSource(folder: string): Promise<SourceTree> {
  const { files } = await readSource(folder);
  return sourceTree(files.filter(({ path }) => !path.startsWith('graft/')));
}

/** @throws NexusError `missing-source`, `missing-toolchain`, `compile-failed`, `bad-elf`, `bad-image`, `aborted` */
export async function compileKernel(request: KernelRequest): Promise<CompiledKernel> {
  const { signal } = request;
  const tree = await readKernelSource(request.sourceFolder);
  const toolchain = request.toolchain ?? (await findToolchain({ signal }));
  const folder = await realpath(request.sourceFolder);
  const sources = kernelSources(tree);
  const { elf, linkMap } = await compile(toolchain, {
    what: 'the kernel',
    folder,
    sources,
    linkerScript: 'kernel.ld',
    flags: [...kernelFlags, ...baseFlags(request.baseAddress)],
    mappedFolders: {},
    signal,
  });
  const bytes = imageOf(elf);
  return {
    bytes,
    kernelDigest: createHash('sha256').update(bytes).digest('hex'),
    sourceDigest: tree.digest,
    compiler: toolchain.description,
    parts: kernelParts(linkMap, sources),
  };
}

function kernelSources({ files }: SourceTree): string[] {
  const paths = files.map(({ path }) => path);
  return paths.filter((path) => /\.[cS]$/.test(path) && !cellOnlySource.test(path));
}

function baseFlags(baseAddress: number | undefined): string[] {
  return baseAddress === undefined ? [] : ['-Xlinker', `--defsym=kernel_base=0x${baseAddress.toString(16)}`];
}

/** The one segment that the file holds bytes of; the other is the kernel's variables, which start as zeros. */
function imageOf(elf: Uint8Array): Uint8Array {
  const [image, ...others] = parseElf(elf).segments.filter(({ bytes }) => bytes.length > 0);
  if (image === undefined || others.length > 0 || image.isWritable)
    throw new NexusError(
      'bad-elf',
      `Cannot make an image of the kernel: ${others.length + (image === undefined ? 0 : 1)} segments, expected one that is never written`,
      { hint: 'Look at kernel.ld: the kernel has no initialised variables.' },
    );
  return checkKernel(image.bytes);
}

/**
 * Sums the sections of each object file, which the map names `NAME-<random>.o`, in the order of sources. Strings and
 * constants that several files share were merged by the linker, which calls itself `<internal>`.
 *
 *     VMA LMA SIZE ALIGN   /tmp/uart-1a2b3c.o:(.text.uart_send)
 *     VMA LMA SIZE ALIGN   <internal>:(.rodata.str1.1)
 */
function kernelParts(linkMap: string, sources: readonly string[]): readonly KernelPart[] {
  const sizes = new Map<string, number>();
  for (const line of linkMap.split('\n')) {
    const [, size = '0', file = ''] = imageSectionLine.exec(line) ?? [];
    const name = file.replace(/^.*\//, '').replace(/-\w+\.o$/, '');
    sizes.set(name, (sizes.get(name) ?? 0) + Number.parseInt(size, 16));
  }
  const named = sources.map((path) => ({ name: path, sizeBytes: sizes.get(baseName(path)) ?? 0 }));
  return [...named, { name: 'strings', sizeBytes: sizes.get('<internal>') ?? 0 }].sort(
    (left, right) => right.sizeBytes - left.sizeBytes,
  );
}

const imageSectionLine = /^\s*\w+\s+\w+\s+(\w+)\s+\d+\s+(\S+):\(\.(?:image_header|text|rodata|srodata)\S*\)$/;

function baseName(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.[cS]$/, '');
}
