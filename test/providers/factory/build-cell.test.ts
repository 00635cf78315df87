/** Cells: built once, planned without building, rebuilt when anything that counts has changed. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CellDefinition, Cid } from '../../../model';
import {
  buildCell,
  findWholeCell,
  loadNpk,
  type Manifest,
  plannedCell,
  readSource,
} from '../../../providers/factory';
import { FileMemory } from '../../../providers/factory/file-memory';
import { writeFiles } from './_folders';
import { factoryIn, type Workshop, workshop } from './_tools';

const hello: CellDefinition = { name: 'hello', source: 'cells/hello', pledges: ['stdio'], stackBytes: 4096 };
const scratchOf = ({ folder }: Workshop) =>
  readdirSync(join(folder, 'scratch')).filter((name) => name !== '.keep');

test('a cell is built once, and then found by every process', async () => {
  const { folder, tools, factory } = await workshop();
  const steps: string[] = [];
  const onProgress = (phase: string, detail: string) => steps.push(`${phase} ${detail}`);
  const built = await buildCell(hello, folder, factory, { onProgress });
  const again = await buildCell(hello, folder, await factoryIn(folder, tools), { onProgress });
  expect(again).toEqual(built);
  expect(tools.runs).toEqual(['cell hello']);
  expect(steps).toEqual(['compile-cell hello', 'reuse hello']);
  expect(built.sourceDigest).toBe((await readSource(join(folder, 'cells/hello'))).digest);
});

test('the sealed cell says what it was made of', async () => {
  const { folder, factory } = await workshop();
  const { variantCid, sourceDigest, sizeBytes } = await buildCell(hello, folder, factory);
  const { manifest } = await loadNpk(variantCid, factory.store);
  expect(manifest).toMatchObject({
    name: 'hello',
    variant: {
      source: sourceDigest,
      architecture: 'riscv64',
      abi: 'rumpk-cell-1',
      pledges: ['stdio'],
      stackBytes: 4096,
      compiler: 'hasher 1',
    },
    files: [{ path: 'cell.bin', mode: 0o644, size: sizeBytes }],
  });
});

test('a plan knows the CID of what was built before, and never compiles', async () => {
  const { folder, tools, factory } = await workshop();
  expect(await plannedCell(hello, folder, factory)).toBeUndefined();
  expect(tools.runs).toEqual([]);
  const built = await buildCell(hello, folder, factory);
  expect(await plannedCell(hello, folder, factory)).toEqual(built);
  expect(tools.runs).toHaveLength(1);
});

test('the same sources in another folder give the same Variant-CID', async () => {
  const [one, other] = [await workshop(), await workshop()];
  const cids = await Promise.all(
    [one, other].map(({ folder, factory }) => buildCell(hello, folder, factory)),
  );
  expect(cids[0]?.variantCid).toBe(cids[1]?.variantCid);
});

const changes: readonly (readonly [string, Partial<CellDefinition>, (shop: Workshop) => void])[] = [
  ['a pledge', { pledges: ['stdio', 'clock'] }, () => undefined],
  ['the stack', { stackBytes: 8192 }, () => undefined],
  ['the name', { name: 'hallo' }, () => undefined],
  ['a source', {}, ({ folder }) => writeFiles(folder, { 'cells/hello/hello.c': 'hello!' })],
  ['the interface', {}, ({ folder }) => writeFiles(folder, { 'kernel/include/nexus/cell.h': 'v2' })],
  ['the compiler', {}, ({ tools }) => Object.assign(tools, { version: 'hasher 2' })],
];

test.each(changes)('%s changed means a new build', async (_, definition, change) => {
  const shop = await workshop();
  await buildCell(hello, shop.folder, shop.factory);
  change(shop);
  const changed = { ...hello, ...definition };
  expect(await plannedCell(changed, shop.folder, shop.factory)).toBeUndefined();
  await buildCell(changed, shop.folder, shop.factory);
  expect(shop.tools.runs).toHaveLength(2);
});

/** Ten seconds on, so that what the test has just written counts as settled, and is remembered. */
async function settledWorkshop(): Promise<Workshop> {
  const shop = await workshop();
  const later = (): number => Date.now() + 10_000;
  const memories = { interfaces: new FileMemory<string>(later), wholeCells: new FileMemory<Manifest>(later) };
  return { ...shop, factory: { ...shop.factory, ...memories } };
}

test.each(changes)('%s changed is seen within one process', async (_, definition, change) => {
  const shop = await settledWorkshop();
  const built = await buildCell(hello, shop.folder, shop.factory);
  expect(await plannedCell(hello, shop.folder, shop.factory)).toEqual(built);
  change(shop);
  expect(await plannedCell({ ...hello, ...definition }, shop.folder, shop.factory)).toBeUndefined();
});

test('a block that was spoiled is seen within one process', async () => {
  const { folder, factory } = await settledWorkshop();
  const { variantCid } = await buildCell(hello, folder, factory);
  expect(await findWholeCell(variantCid, factory)).toBeDefined();
  for (const cid of await factory.store.list()) {
    const file = factory.store.pathOf(cid);
    const good = readFileSync(file);
    writeFileSync(file, Buffer.alloc(good.length));
    expect(await findWholeCell(variantCid, factory)).toBeUndefined();
    writeFileSync(file, good);
    expect(await findWholeCell(variantCid, factory)).toBeDefined();
  }
});

test('a change in the rest of the kernel is none to a cell', async () => {
  const { folder, tools, factory } = await workshop();
  const built = await buildCell(hello, folder, factory);
  writeFiles(folder, { 'kernel/main.c': 'another kernel' });
  expect(await plannedCell(hello, folder, factory)).toEqual(built);
  expect(tools.runs).toHaveLength(1);
});

const damages: readonly (readonly [string, (path: string) => void])[] = [
  ['removed', (path) => rmSync(path)],
  ['changed', (path) => writeFileSync(path, 'x')],
];

test.each(damages)('a block that was %s is built again to the same CID', async (_, damage) => {
  const { folder, tools, factory } = await workshop();
  const { variantCid } = await buildCell(hello, folder, factory);
  const blocks: readonly Cid[] = await factory.store.list();
  for (const cid of blocks) {
    damage(factory.store.pathOf(cid));
    expect(await plannedCell(hello, folder, factory)).toBeUndefined();
    expect((await buildCell(hello, folder, factory)).variantCid).toBe(variantCid);
  }
  expect(tools.runs).toHaveLength(1 + blocks.length);
});

test('builds of one cell at the same time are safe and agree', async () => {
  const { folder, tools, factory } = await workshop();
  const other = await factoryIn(folder, tools);
  const built = await Promise.all(
    [factory, other, factory, other].map((some) => buildCell(hello, folder, some)),
  );
  expect(new Set(built.map(({ variantCid }) => variantCid)).size).toBe(1);
  expect(await plannedCell(hello, folder, factory)).toEqual(built[0]);
});

test('a compiler that fails leaves nothing behind', async () => {
  const shop = await workshop();
  shop.tools.onCompile = () => {
    throw new Error('no disk');
  };
  await expect(buildCell(hello, shop.folder, shop.factory)).rejects.toThrow('no disk');
  expect(await shop.factory.store.list()).toEqual([]);
  expect(scratchOf(shop)).toEqual([]);
  expect(await plannedCell(hello, shop.folder, shop.factory)).toBeUndefined();
});

test('a build that is told to stop leaves nothing behind', async () => {
  for (const when of ['before', 'meanwhile']) {
    const shop = await workshop();
    const controller = new AbortController();
    if (when === 'before') controller.abort();
    shop.tools.onCompile = () => controller.abort();
    await expect(
      buildCell(hello, shop.folder, shop.factory, { signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'aborted' });
    expect(await shop.factory.store.list()).toEqual([]);
    expect(scratchOf(shop)).toEqual([]);
  }
});

test('a source that is saved during the compilation does not get into the cell under the old digest', async () => {
  const shop = await workshop();
  const built = await buildCell(hello, shop.folder, shop.factory);
  const other = await workshop();
  other.tools.onCompile = () => void writeFiles(other.folder, { 'cells/hello/hello.c': 'saved' });
  expect((await buildCell(hello, other.folder, other.factory)).variantCid).toBe(built.variantCid);
});

test('a definition that is wrong is refused before anything is read', async () => {
  const { factory } = await workshop();
  await expect(buildCell({ ...hello, name: 'Hello' }, '/nowhere', factory)).rejects.toMatchObject({
    code: 'bad-name',
  });
  await expect(buildCell(hello, '/nowhere', factory)).rejects.toMatchObject({ code: 'missing-source' });
});
