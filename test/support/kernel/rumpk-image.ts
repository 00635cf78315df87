/** Images of the real kernel with cells from C text. The kernel is compiled once in a process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pledge, pledgeMask } from '../../../model';
import { assembleImage, type CompiledKernel, compileCell, compileKernel } from '../../../providers/factory';

const root = join(__dirname, '../../..');
export const kernelFolder = join(root, 'kernel');
export const helloFolder = join(root, 'examples/tinybox-swarm/cells/hello');

export interface TestCell {
  readonly name: string;
  readonly pledges: readonly Pledge[];
  /** C text of the cell, or nothing for the example's hello cell. */
  readonly text?: string;
}

let kernel: Promise<CompiledKernel> | undefined;

export function testKernel(): Promise<CompiledKernel> {
  kernel ??= compileKernel({ sourceFolder: kernelFolder });
  return kernel;
}

export async function compileTestCell({ name, pledges, text }: TestCell): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-cell-'));
  try {
    if (text !== undefined) await writeFile(join(folder, 'main.c'), `#include <nexus/cell.h>\n${text}\n`);
    return await compileCell({
      name,
      sourceFolder: text === undefined ? helloFolder : folder,
      kernelFolder,
      stackBytes: 4096,
      pledgeMask: pledgeMask(pledges),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function testImage(cells: readonly TestCell[]): Promise<Uint8Array> {
  const { bytes } = await testKernel();
  return assembleImage(bytes, await Promise.all(cells.map(compileTestCell)));
}

/** The image of the example: one hello cell with every pledge it needs. */
export function helloImage(): Promise<Uint8Array> {
  return testImage([{ name: 'hello', pledges: ['stdio', 'clock', 'mesh'] }]);
}
