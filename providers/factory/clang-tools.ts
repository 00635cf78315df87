/** The build tools that the factory uses by default: clang and lld from the PATH, found when first needed. */
import { createHash } from 'node:crypto';
import { compileCell } from './cell';
import { commonFlags } from './compile';
import type { BuildTools } from './factory';
import { assembleImage } from './image';
import { compileKernel, kernelFlags } from './kernel';
import { findToolchain, type Toolchain } from './toolchain';

/** Other flags give other bytes, so they count among the tools. */
const flagsDigest = createHash('sha256')
  .update([...commonFlags, ...kernelFlags].join('\n'))
  .digest('hex')
  .slice(0, 12);

export function clangTools(): BuildTools {
  let found: Toolchain | undefined;
  let search: Promise<Toolchain> | undefined;
  // A search that fails or is stopped is not kept: the next caller looks again.
  const toolchain = async (signal: AbortSignal | undefined): Promise<Toolchain> => {
    const begin = (): Promise<Toolchain> => findToolchain({ signal });
    search = search === undefined ? begin() : search.catch(begin);
    found ??= await search;
    return found;
  };
  return {
    describe: async (signal) => `${(await toolchain(signal)).description}; flags ${flagsDigest}`,
    compileCell: async (request) => compileCell({ ...request, toolchain: await toolchain(request.signal) }),
    compileKernel: async ({ kernelFolder, signal }) => {
      const { bytes } = await compileKernel({
        sourceFolder: kernelFolder,
        toolchain: await toolchain(signal),
        signal,
      });
      return bytes;
    },
    assembleImage,
  };
}
