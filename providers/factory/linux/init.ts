/**
 * init, the first process of a Linux image: kernel/graft/init with those of Rumpk's sources that it shares, as one static
 * program without a C library. The same sources give the same bytes in any folder.
 */
import { type Factory, withScratchFolder } from '../factory';
import { readSource, type SourceTree, sourceTree, writeSource } from '../source';
import { compileStaticProgram } from '../static-program';
import type { Toolchain } from '../toolchain';
import type { ImageArchitecture } from './manifest';

const ownPattern = /^graft\/(?:init|linux)\/[^/]+\.[chS]$/;
const sharedPattern = /^(?:crypto|lib)\/[^/]+\.[ch]$|^cell\/memory\.c$|^[^/]+\.h$/;
/** Of Rumpk's own: configuration, console, identity, records, hellos. */
const sharedFiles = ['config.c', 'console.c', 'identity.c', 'record.c', 'utcp.c'];

/** All that init is made of, digested. */
export async function readInitSource(kernelFolder: string): Promise<SourceTree> {
  const { files } = await readSource(kernelFolder);
  return sourceTree(
    files.filter(
      ({ path }) => ownPattern.test(path) || sharedPattern.test(path) || sharedFiles.includes(path),
    ),
  );
}

/** @throws NexusError `compile-failed`, `aborted` */
export function compileInit(
  source: SourceTree,
  architecture: ImageArchitecture,
  toolchain: Toolchain,
  factory: Factory,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  return withScratchFolder(factory, async (folder) => {
    await writeSource(source, folder);
    const sources = source.files.map(({ path }) => path).filter((path) => /\.[cS]$/.test(path));
    return compileStaticProgram({
      what: 'init',
      architecture,
      folder,
      sources,
      // Unlike the launcher it is quick: it hashes all of the initramfs for each record.
      flags: ['-O2'],
      toolchain,
      scratchFolder: folder,
      signal,
    });
  });
}
