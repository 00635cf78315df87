/**
 * Build tools for tests of the factory's own logic: the "compiler" hashes what it is given, and counts its runs. The
 * real one is in test/e2e/factory.test.ts.
 */
import { join } from 'node:path';
import { sha256 } from '../../../model';
import { type BuildTools, createFactory, type Factory, readSource } from '../../../providers/factory';
import { temporaryFolder, writeFiles } from './_folders';

export interface CountedTools extends BuildTools {
  readonly runs: string[];
  version: string;
  /** Called when a compilation begins. */
  onCompile: () => void;
  cellSizeBytes: number;
}

export function hashingTools(): CountedTools {
  const tools: CountedTools = {
    runs: [],
    version: 'hasher 1',
    onCompile: () => undefined,
    cellSizeBytes: 64,
    describe: async () => tools.version,
    async compileCell({ name, sourceFolder, kernelFolder: _, temporaryFolder: __, signal: ___, ...rest }) {
      tools.runs.push(`cell ${name}`);
      tools.onCompile();
      const { digest } = await readSource(sourceFolder);
      return stretch(JSON.stringify({ name, digest, ...rest }), tools.cellSizeBytes);
    },
    async compileKernel({ kernelFolder }) {
      tools.runs.push('kernel');
      tools.onCompile();
      return stretch((await readSource(kernelFolder)).digest, 1000);
    },
    assembleImage: (kernel, cells) => new Uint8Array(Buffer.concat([kernel, ...cells])),
  };
  return tools;
}

function stretch(text: string, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(sha256(Buffer.from(text)));
  return bytes;
}

export interface Workshop {
  readonly folder: string;
  readonly tools: CountedTools;
  readonly factory: Factory;
}

/** A folder with a kernel, two cells and a system.kdl, and a factory of its own. */
export async function workshop(): Promise<Workshop> {
  const folder = writeFiles(temporaryFolder(), {
    'kernel/main.c': 'kernel',
    'kernel/cell/crt0.S': 'start',
    'kernel/include/nexus/cell.h': 'interface',
    'cells/hello/hello.c': 'hello',
    'cells/other/other.c': 'other',
    'scratch/.keep': '',
  });
  const tools = hashingTools();
  return { folder, tools, factory: await factoryIn(folder, tools) };
}

/** Another process on the same state, or the same sources on another machine. */
export function factoryIn(
  folder: string,
  tools: BuildTools,
  stateDir = join(folder, '.nexus'),
): Promise<Factory> {
  const kernelFolder = join(folder, 'kernel');
  return createFactory({ stateDir, kernelFolder, tools, temporaryFolder: join(folder, 'scratch') });
}
