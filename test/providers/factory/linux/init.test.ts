/** init, by the real compiler. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFactory, findToolchain } from '../../../../providers/factory';
import { compileInit, readInitSource } from '../../../../providers/factory/linux/init';
import { temporaryFolder } from '../_folders';

const kernelFolder = join(__dirname, '../../../../kernel');

async function compiled(architecture: 'x86_64' | 'riscv64', folder = kernelFolder): Promise<Buffer> {
  const factory = await createFactory({ stateDir: temporaryFolder(), kernelFolder: folder });
  const source = await readInitSource(folder);
  return Buffer.from(await compileInit(source, architecture, await findToolchain(), factory));
}

test.each([
  ['x86_64', 62],
  ['riscv64', 243],
] as const)(
  'for %s it is one static program, the same from another folder',
  async (architecture, machine) => {
    const copy = join(temporaryFolder(), 'a folder', 'kernel');
    mkdirSync(copy, { recursive: true });
    cpSync(kernelFolder, copy, { recursive: true });
    const [here, there] = [await compiled(architecture), await compiled(architecture, copy)];
    expect(here.equals(there)).toBe(true);
    expect(here.readUInt16LE(18)).toBe(machine);
    expect(here.length).toBeLessThan(64 * 1024);
    expect(here.includes(kernelFolder)).toBe(false);
  },
);

test('sources of Rumpk alone and of the launcher are no part of it', async () => {
  const { files } = await readInitSource(kernelFolder);
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['graft/init/main.c', 'graft/linux/entry.S', 'record.c', 'utcp.c']),
  );
  expect(paths.filter((path) => /^graft\/launch|virtio_net\.c|^entry\.S|sbi\.c/.test(path))).toEqual([]);
});
